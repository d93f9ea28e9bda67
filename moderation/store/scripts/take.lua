-- Leases given comments of a queue, as far as no moderator holds them and they are not assigned to another.
-- KEYS  1 site record (hash)
-- ARGV  1 moderator's name  2 lease (ms)  3 most that one moderator may hold  4 index of the queue (what follows the site in its
--       key)  then ids
-- Returns {until, id, …}: those that the moderator holds now.
-- Safe to repeat: what the moderator holds already is renewed and returned.
local site, name = KEYS[1], ARGV[1]
local at = now()
free_expired(site, at)
local ends = whole_number(at + ARGV[2])
local found = {ends}
local room = tonumber(ARGV[3]) - (tonumber(redis.call('HGET', site .. ':holding', name)) or 0)
for i = 5, #ARGV do
  local id = ARGV[i]
  local holder = redis.call('HGET', site .. ':holders', id)
  local assigned = redis.call('HGET', site .. ':assigned', id)
  local free_one = not holder and (not assigned or assigned == name) and room > 0
  if holder == name or (free_one and redis.call('ZSCORE', site .. ARGV[4], id)) then
    if not holder then
      room = room - 1
      redis.call('HSET', site .. ':holders', id, name)
      redis.call('HINCRBY', site .. ':holding', name, 1)
    end
    redis.call('ZADD', site .. ':leases', ends, id)
    found[#found + 1] = id
  end
end
return found
