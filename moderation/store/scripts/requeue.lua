-- Puts a dead letter before the workers once more.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)  4 dead letters (hash)
-- ARGV  1 site  2 id  3 operation id
-- Returns 1, or 0 if it is no dead letter. Safe to repeat: the same operation changes nothing. A comment that a moderator decided or
-- escalated keeps its status.
if redis.call('HDEL', KEYS[4], ARGV[1] .. '/' .. ARGV[2]) == 0 then
  return redis.call('HGET', KEYS[1], 'op') == ARGV[3] and 1 or 0
end
local c = read(KEYS[1], 't', 'd', 'by', 'hi', 'dc', 'hr', 'x')
if not c then return 0 end
local at, from = now(), c.st
unqueue(KEYS[3], c)
enqueue(KEYS[3], ARGV[1], KEYS[1], ARGV[2], c)
redis.call('HSET', KEYS[1], 'op', ARGV[3])
leave_thread(KEYS[2], ARGV[2], c)
redis.call('HDEL', KEYS[1], 'sc', 'rs', 'mv', 'sp', 'cd')
if c.by or c.ov == 'escalated' then  -- it stays where it is, without the score and the reasons that were found
  for _, queue in ipairs(places(c.st, c.ov)) do leave(KEYS[2], queue, ARGV[2], c) end
  c.sp, c.cd = nil, nil
  for _, queue in ipairs(places(c.st, c.ov)) do enter(KEYS[2], queue, ARGV[2], c) end
else
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  move(KEYS[2], KEYS[1], ARGV[2], c, 'queued', nil)
  redis.call('HSET', KEYS[1], 'hi', remembered(c, '{"at":' .. whole_number(at) .. ',"what":"requeued"}'))
  redis.call('HDEL', KEYS[1], 'dc', 'us')
  tell(KEYS[2], at, 'comment.requeued', ARGV[2], n, from, 'queued', c.rev, '{"by":"operator"}')
end
ring(ARGV[1], ARGV[2])
return 1
