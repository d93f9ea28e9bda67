-- Leases deliveries that are due, those that wait longest first. One whose event is no longer in the log is dead.
-- KEYS  1 site record (hash)
-- ARGV  1 webhook's id  2 now (ms)  3 lease (ms)  4 most deliveries  5 operation's id: whose lease it is
-- Returns {document, id, delivery (JSON), fields of the event, …}, or {} if there is no such webhook or it is disabled
-- Safe to repeat: the same operation returns what it leased, as far as it is still leased.
local hook_key = KEYS[1] .. ':h:' .. ARGV[1]
local document = redis.call('HGET', KEYS[1] .. ':hooks', ARGV[1])
if not document or redis.call('HEXISTS', hook_key, 'off') == 1 then return {} end
local at, op = tonumber(ARGV[2]), ARGV[5]
local answer, ids, again = {document}, {}, false
local took = redis.call('HGET', hook_key, 'took')
if took and string.sub(took, 1, #op + 1) == op .. '\n' then
  again = true
  for id in string.gmatch(string.sub(took, #op + 2), '[^\n]+') do ids[#ids + 1] = id end
else
  ids = redis.call('ZRANGE', hook_key .. ':due', '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[4])
end
for _, id in ipairs(ids) do
  local stored = redis.call('HGET', hook_key .. ':d', id)
  local d = stored and cjson.decode(stored)
  if not d then
    redis.call('ZREM', hook_key .. ':due', id)
  elseif not again or d.lease == op then
    local event = redis.call('XRANGE', KEYS[1] .. ':ev', id, id)
    if event[1] then
      d.lease, d.next = op, at + ARGV[3]
      turn(hook_key, id, d, 'open', at)
      answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = id, cjson.encode(d), event[1][2]
    else
      d.error = 'The event left the log before it could be delivered.'
      turn(hook_key, id, d, 'dead', at)
    end
  end
end
if #ids > 0 and not again then redis.call('HSET', hook_key, 'took', op .. '\n' .. table.concat(ids, '\n')) end
return answer
