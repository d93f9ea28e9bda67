-- Where in an index by time the comments received at a moment begin. Reads only.
-- KEYS  1 site record (hash)  2 index by time (zset)
-- ARGV  1 moment (ms)
-- Returns the least sequence of the index whose comment was received then or later, or -1 if there is none.
local low, high = 0, redis.call('ZCARD', KEYS[2])
while low < high do
  local middle = math.floor((low + high) / 2)
  local id = redis.call('ZRANGE', KEYS[2], middle, middle)[1]
  local at = redis.call('HGET', KEYS[1] .. ':c:' .. id, 'at')
  if at and tonumber(at) < tonumber(ARGV[1]) then low = middle + 1 else high = middle end
end
local found = redis.call('ZRANGE', KEYS[2], low, low, 'WITHSCORES')
return found[2] and tonumber(found[2]) or -1
