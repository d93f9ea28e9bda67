-- Puts an exported comment back: hash, indexes, author's record, reporters, and the stream if it waits for a score.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)
-- ARGV  1 site  2 id  3 '1' if it is in the reported queue  4 number of reporters  then the reporters, then field, value, …
-- Returns 1, or 0 if the comment is there already (so a repeat is safe). Tells no event: nothing happened to the comment.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local reporters = tonumber(ARGV[4])
for i = 5, 4 + reporters do redis.call('SADD', KEYS[2] .. ':r:' .. ARGV[2], ARGV[i]) end
for i = 5 + reporters, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
local c = read(KEYS[1], 't', 'd', 'hr')
local behind = c.seq - (redis.call('HGET', KEYS[2], 'seq') or 0)
if behind > 0 then redis.call('HINCRBY', KEYS[2], 'seq', behind) end
if c.st == 'queued' then
  local entry = redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'i', ARGV[2], 'r', c.rev, 't', c.t, 'd', c.d,
    'a', c.au or '', 'h', c.hr or '')
  redis.call('HSET', KEYS[1], 'x', entry)
else
  enter(KEYS[2], c.st, ARGV[2], c.seq, c.sp)
  if ARGV[3] == '1' then enter(KEYS[2], 'reported', ARGV[2], c.seq, c.sp) end
  count(KEYS[2], c.au, c.st, 1)
end
return 1
