-- Renews or releases leases.
-- KEYS  1 site record (hash)
-- ARGV  1 moderator's name  2 'renew' or 'release'  3 lease (ms)  4 '1' to release whoever holds it  then ids; none: all that the
--       moderator holds
-- Returns {until, id, …}: the leases that were renewed or released.
-- Safe to repeat: to release what is free changes nothing.
local site, name, renew = KEYS[1], ARGV[1], ARGV[2] == 'renew'
local at = now()
free_expired(site, at)
local ends = whole_number(at + ARGV[3])
local ids = {}
for i = 5, #ARGV do ids[#ids + 1] = ARGV[i] end
if #ids == 0 then
  local holders = redis.call('HGETALL', site .. ':holders')
  for i = 1, #holders, 2 do
    if holders[i + 1] == name then ids[#ids + 1] = holders[i] end
  end
end
local done = {ends}
for _, id in ipairs(ids) do
  local holder = redis.call('HGET', site .. ':holders', id)
  if holder and (holder == name or (ARGV[4] == '1' and not renew)) then
    if renew then redis.call('ZADD', site .. ':leases', ends, id) else free(site, id) end
    done[#done + 1] = id
  end
end
return done
