-- Forgets an author of whom no comment is left: record, standing, notes, pace, and the author's own flags.
-- KEYS  1 site record (hash)
-- ARGV  1 author reference  2 pseudonym of it  3 the author as a reporter (hashed)  4 who erases
-- Returns how many comments are left: 0 when the author is forgotten. Safe to repeat.
local site, ref = KEYS[1], ARGV[1]
local left = redis.call('ZCARD', site .. ':ac:' .. ref)
if left > 0 then return left end
for _, id in ipairs(redis.call('SMEMBERS', site .. ':rf:' .. ARGV[3])) do  -- else a later undo would count the flag once more
  redis.call('HDEL', site .. ':r:' .. id, ARGV[3])
  add(site .. ':c:' .. id, 'rp', -1)
end
local gone = redis.call('DEL', site .. ':a:' .. ref, site .. ':pa:author:' .. ref, site .. ':rr:' .. ARGV[3], site .. ':rf:' .. ARGV[3])
local who = redis.call('HGETALL', site .. ':who')
for i = 1, #who, 2 do  -- an import may have brought another pseudonym of the same author
  if who[i] == ARGV[2] or who[i + 1] == ref then redis.call('HDEL', site .. ':who', who[i]) end
end
if gone > 0 then record(site, ARGV[4], 'erased', 'author', ARGV[2], '{}', '{}') end
return 0
