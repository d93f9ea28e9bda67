-- Leases comments of a queue that no moderator holds and that are not assigned to another, in the order of an index.
-- KEYS  1 site record (hash)
-- ARGV  1 moderator's name  2 operation id  3 how many  4 lease (ms)  5 most that one moderator may hold
--       6 index (what follows the site in its key)  7 '1' to read it from its end  then further indexes a comment must be in
-- Returns {until, id, …} | {'holds', how many the moderator holds} if there would be too many
-- Safe to repeat: the same operation returns what it leased, as far as it is still held.
local site, name, limit = KEYS[1], ARGV[1], tonumber(ARGV[3])
local at = now()
free_expired(site, at)
local ends = whole_number(at + ARGV[4])
local last = redis.call('HGET', site .. ':claimed', name)
if last and string.sub(last, 1, #ARGV[2] + 1) == ARGV[2] .. '\n' then
  local again = {ends}
  for id in string.gmatch(string.sub(last, #ARGV[2] + 2), '[^\n]+') do
    if redis.call('HGET', site .. ':holders', id) == name then again[#again + 1] = id end
  end
  return again
end
local held = tonumber(redis.call('HGET', site .. ':holding', name)) or 0
if held + limit > tonumber(ARGV[5]) then return {'holds', held} end
-- The smallest index is read, the others are asked, for many at once: this runs while nobody else is served.
local indexes, sizes = {site .. ARGV[6]}, {}
for i = 8, #ARGV do indexes[#indexes + 1] = site .. ARGV[i] end
for _, index_key in ipairs(indexes) do sizes[index_key] = redis.call('ZCARD', index_key) end
table.sort(indexes, function(one, other) return sizes[one] < sizes[other] end)
local smallest_key = indexes[1]
-- Those of `ids` of which an answer for all of them says what `fits`.
local function only(ids, answer, fits)
  local kept = {}
  for i, said in ipairs(answer) do
    if fits(said) then kept[#kept + 1] = ids[i] end
  end
  return kept
end
local function nobody(holder) return not holder end
local function nobody_else(moderator) return not moderator or moderator == name end
local function there(place) return place end
local found, start, step = {ends}, 0, math.max(50, limit)
while #found <= limit do
  local ids
  if ARGV[7] == '1' then
    ids = redis.call('ZRANGE', smallest_key, start, start + step - 1, 'REV')
  else
    ids = redis.call('ZRANGE', smallest_key, start, start + step - 1)
  end
  if #ids == 0 then break end
  local wanted = only(ids, redis.call('HMGET', site .. ':holders', unpack(ids)), nobody)
  if #wanted > 0 then
    wanted = only(wanted, redis.call('HMGET', site .. ':assigned', unpack(wanted)), nobody_else)
  end
  for further = 2, #indexes do
    local further_key = indexes[further]
    if #wanted > 0 then wanted = only(wanted, redis.call('ZMSCORE', further_key, unpack(wanted)), there) end
  end
  for i = 1, math.min(#wanted, limit + 1 - #found) do found[#found + 1] = wanted[i] end
  start = start + step
  step = math.max(limit, math.min(200, step * 2))  -- no more: all that are read beyond the last one claimed are in vain
end
for i = 2, #found do
  redis.call('HSET', site .. ':holders', found[i], name)
  redis.call('ZADD', site .. ':leases', ends, found[i])
end
if #found > 1 then
  redis.call('HINCRBY', site .. ':holding', name, #found - 1)
  redis.call('HSET', site .. ':claimed', name, ARGV[2] .. '\n' .. table.concat(found, '\n', 2))
end
return found
