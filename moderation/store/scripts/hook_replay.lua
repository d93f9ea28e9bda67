-- Delivers again: one delivery, or the events of a span of the log that the webhook wants.
-- KEYS  1 site record (hash)
-- ARGV  1 site  2 webhook's id  3 now (ms)  4 operation's id  5 delivery's id, '' for a span  6 first place  7 last place  8 most events
-- Returns {'done', deliveries made due, place to go on from or ''} | {'full', deliveries made due, the place} | {'absent'} |
--         {'over'} (the event has left the log)
-- Safe to repeat: an operation makes a delivery due once.
local hook_key = KEYS[1] .. ':h:' .. ARGV[2]
local document = redis.call('HGET', KEYS[1] .. ':hooks', ARGV[2])
if not document then return {'absent'} end
local at, op, count = tonumber(ARGV[3]), ARGV[4], 0

local function again(id, stored)
  local d = cjson.decode(stored)
  if d.rp == op then return end
  d.rp, d.n, d.next, d.lease = op, 0, at, nil
  turn(hook_key, id, d, 'open', at)
end

if ARGV[5] ~= '' then
  local stored = redis.call('HGET', hook_key .. ':d', ARGV[5])
  if not stored then return {'absent'} end
  if #redis.call('XRANGE', KEYS[1] .. ':ev', ARGV[5], ARGV[5]) == 0 then return {'over'} end
  again(ARGV[5], stored)
  ring(ARGV[1], '')
  return {'done', 1, ''}
end
local patterns = cjson.decode(document).events
local room = MOST_OPEN - redis.call('ZCARD', hook_key .. ':open')
local found = redis.call('XRANGE', KEYS[1] .. ':ev', ARGV[6], ARGV[7], 'COUNT', ARGV[8])
for _, entry in ipairs(found) do
  local id, kind = entry[1], field(entry[2], 'k')
  if wants(patterns, kind) then
    local stored = redis.call('HGET', hook_key .. ':d', id)
    local open = stored and cjson.decode(stored).state == 'open'
    if not open then
      if room <= 0 then return {'full', count, id} end
      room = room - 1
    end
    if stored then again(id, stored) else begin(hook_key, id, kind, at, op) end
    count = count + 1
  end
end
ring(ARGV[1], '')
local more = #found == tonumber(ARGV[8])
return {'done', count, more and '(' .. found[#found][1] or ''}
