-- Makes or changes a webhook, if it is still the one that was read, and records it.
-- KEYS  1 site record (hash)
-- ARGV  1 webhook's id  2 document that was read, '' for a new one  3 new document  4 '1' to enable, '0' to disable, '' neither
--       5 who  6 act  7 before (JSON)  8 after (JSON)  9 most webhooks of a site  10 now (ms)
-- Returns 'done' | 'same' | 'moved' (another was faster: read again) | 'absent' | 'full'
-- Safe to repeat: the new document standing already is 'same' (each has a mark of its own).
local hooks_key, hook_key = KEYS[1] .. ':hooks', KEYS[1] .. ':h:' .. ARGV[1]
local stands = redis.call('HGET', hooks_key, ARGV[1])
if stands == ARGV[3] then return 'same' end
if ARGV[2] == '' then
  if redis.call('HLEN', hooks_key) >= tonumber(ARGV[9]) then return 'full' end
  local last = redis.call('XREVRANGE', KEYS[1] .. ':ev', '+', '-', 'COUNT', 1)
  redis.call('HSET', hook_key, 'after', last[1] and last[1][1] or '0-0')
else
  if not stands then return 'absent' end
  if stands ~= ARGV[2] then return 'moved' end
end
redis.call('HSET', hooks_key, ARGV[1], ARGV[3])
if ARGV[4] == '1' then
  redis.call('HDEL', hook_key, 'off', 'off_at', 'since')
elseif ARGV[4] == '0' and redis.call('HEXISTS', hook_key, 'off') == 0 then
  redis.call('HSET', hook_key, 'off', 'admin', 'off_at', ARGV[10])
end
record(KEYS[1], ARGV[5], ARGV[6], 'webhook', ARGV[1], ARGV[7], ARGV[8])
return 'done'
