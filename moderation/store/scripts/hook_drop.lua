-- Takes a webhook away with all its deliveries.
-- KEYS  1 site record (hash)
-- ARGV  1 webhook's id  2 who  3 before (JSON)
-- Returns 1, or 0 if there is none
-- Safe to repeat: what is gone stays gone.
if redis.call('HDEL', KEYS[1] .. ':hooks', ARGV[1]) == 0 then return 0 end
local hook_key = KEYS[1] .. ':h:' .. ARGV[1]
for _, part in ipairs({'', ':d', ':all', ':open', ':delivered', ':dead', ':due', ':over'}) do
  redis.call('UNLINK', hook_key .. part)
end
record(KEYS[1], ARGV[2], 'webhook_removed', 'webhook', ARGV[1], ARGV[3], '{}')
return 1
