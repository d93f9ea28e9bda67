-- Reads on in the event log for a webhook: deliveries of what it wants are made, and its place moves, in one step. Records of
-- deliveries whose time is over are taken away.
-- KEYS  1 site record (hash)
-- ARGV  1 webhook's id  2 now (ms)  3 most events
-- Returns {'on', events read, next due (ms) or ''} | {'off'} | {'absent'}
-- Safe to repeat: it goes on from the place; an event has one delivery.
local hook_key = KEYS[1] .. ':h:' .. ARGV[1]
local document = redis.call('HGET', KEYS[1] .. ':hooks', ARGV[1])
if not document then return {'absent'} end
local at = tonumber(ARGV[2])
forget_ended(hook_key, at)
local state = redis.call('HMGET', hook_key, 'after', 'off')
if state[2] then return {'off'} end
local patterns = cjson.decode(document).events
local room = math.min(tonumber(ARGV[3]), MOST_OPEN - redis.call('ZCARD', hook_key .. ':open'))
local read = 0
if room > 0 then
  local found = redis.call('XRANGE', KEYS[1] .. ':ev', '(' .. (state[1] or '0-0'), '+', 'COUNT', room)
  for _, entry in ipairs(found) do
    local kind = field(entry[2], 'k')
    if wants(patterns, kind) and redis.call('HEXISTS', hook_key .. ':d', entry[1]) == 0 then begin(hook_key, entry[1], kind, at) end
  end
  read = #found
  if read > 0 then redis.call('HSET', hook_key, 'after', found[read][1]) end
end
local due = redis.call('ZRANGE', hook_key .. ':due', 0, 0, 'WITHSCORES')
return {'on', read, due[2] and whole_number(due[2]) or ''}
