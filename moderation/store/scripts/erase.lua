-- Erases a comment everywhere: hash, indexes, author's record, reporters, what waits in the stream, dead letter.
-- Events keep only its id. KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)  4 dead letters (hash)
-- ARGV  1 site  2 id
-- Returns 1, or 0 if there was nothing (so a repeat is safe).
local c = read(KEYS[1], 'x')
if not c then return 0 end
redis.call('XACK', KEYS[3], GROUP, c.x)
redis.call('XDEL', KEYS[3], c.x)
redis.call('HDEL', KEYS[4], ARGV[1] .. '/' .. ARGV[2])
move(KEYS[2], ARGV[2], c, c.st, 'erased')
redis.call('DEL', KEYS[1], KEYS[2] .. ':r:' .. ARGV[2])
tell(KEYS[2], now(), 'comment.erased', ARGV[2], c.n + 1, c.st, 'erased', c.rev, '{"by":"site"}')
ring(ARGV[1], ARGV[2])
return 1
