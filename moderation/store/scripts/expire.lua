-- Takes the body of a decided comment away when its time is over; id, status and times stay as a tombstone.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)  4 dead letters (hash)
-- ARGV  1 site  2 id  3 decided before (ms)
-- Returns 1, or 0 if it is not due (so a repeat is safe). The author's record stays as it is.
local c = read(KEYS[1], 'dc', 'fp', 'x', 'ta', 'd')
if not c or (c.st ~= 'approved' and c.st ~= 'rejected') or c.ov then return 0 end
local decided = c.dc and cjson.decode(c.dc).at or c.at
if tonumber(decided) >= tonumber(ARGV[3]) then return 0 end
local site, id, was = KEYS[2], ARGV[2], c.st
unqueue(KEYS[3], c)  -- decided before its score, which nobody will need
redis.call('HDEL', KEYS[4], ARGV[1] .. '/' .. id)
move(site, KEYS[1], id, c, 'expired', nil, 'counted')
forget_text(site, id, c)
forget_pace(site, id, c)
leave_thread(site, id, c)
redis.call('HDEL', site .. ':assigned', id)
forget_flags(site, id)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'st', 'expired', 'was', was, 'rev', c.rev, 'seq', c.seq, 'n', c.n, 'at', c.at, 'da', decided)
if c.au then redis.call('HSET', KEYS[1], 'au', c.au) end
if c.ta then redis.call('HSET', KEYS[1], 'ta', c.ta) end
return 1
