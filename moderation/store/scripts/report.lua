-- Counts a reader's flag on a comment; one per reporter counts. Flags of enough weight put a published comment before a human.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 site  2 id  3 reporter (hashed)  4 reason  5 threshold
-- Returns {'done'|'same', field, value, …} | {'absent'} | {'expired', status, decided at}
-- Safe to repeat: a reporter is in the hash once.
local c = read(KEYS[1], 'us')
if not c then return missing(KEYS[1]) end
local answer = 'same'
local flags_key = KEYS[2] .. ':r:' .. ARGV[2]
if redis.call('HSETNX', flags_key, ARGV[3], depth(c.us)) == 1 then
  redis.call('SADD', KEYS[2] .. ':rf:' .. ARGV[3], ARGV[2])
  local reports = redis.call('HINCRBY', KEYS[1], 'rp', 1)
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  if c.st == 'approved' and not c.ov and flagged(KEYS[2], ARGV[2], depth(c.us), ARGV[5]) then
    move(KEYS[2], KEYS[1], ARGV[2], c, 'approved', 'reported')
  end
  tell(KEYS[2], now(), 'comment.reported', ARGV[2], n, c.st, c.st, c.rev,
    '{"by":"reader","reason":' .. cjson.encode(ARGV[4]) .. ',"reports":' .. reports .. '}')
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
