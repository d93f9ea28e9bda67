-- Takes the body of a decided comment away when its time is over; id, status and times stay as a tombstone.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 id  2 decided before (ms)
-- Returns 1, or 0 if it is not due (so a repeat is safe). The author's record stays as it is.
local c = read(KEYS[1], 'dc', 'fp', 'x')
if not c or (c.st ~= 'approved' and c.st ~= 'rejected') or c.ov then return 0 end
local decided = c.dc and cjson.decode(c.dc).at or c.at
if tonumber(decided) >= tonumber(ARGV[2]) then return 0 end
local site, id, was = KEYS[2], ARGV[1], c.st
move(site, KEYS[1], id, c, 'expired', nil, 'counted')
forget_text(site, id, c)
if c.ar then redis.call('ZREM', site .. ':tc:' .. c.ar, id) end
if c.pa then redis.call('ZREM', site .. ':rc:' .. c.pa, id) end
redis.call('HDEL', site .. ':assigned', id)
redis.call('DEL', KEYS[1], site .. ':r:' .. id)
redis.call('HSET', KEYS[1], 'st', 'expired', 'was', was, 'rev', c.rev, 'seq', c.seq, 'n', c.n, 'at', c.at, 'da', decided)
if c.au then redis.call('HSET', KEYS[1], 'au', c.au) end
return 1
