-- Erases a comment everywhere: hash, indexes, author's record, reporters, what waits in the stream, dead letter, the memory
-- of repeats and of pace. Events and audit keep only its id.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)  4 dead letters (hash)
-- ARGV  1 site  2 id  3 who erases
-- Returns 1, or 0 if there was nothing (so a repeat is safe).
local c = read(KEYS[1], 'x', 'd', 'fp', 'us')
local site, id = KEYS[2], ARGV[2]
if not c then  -- nothing, or a tombstone
  local left = redis.call('HMGET', KEYS[1], 'was', 'au', 'at')
  if not left[1] then return 0 end
  count(site, {au = left[2] or nil, at = left[3]}, left[1], -1)
  if left[2] then redis.call('ZREM', site .. ':ac:' .. left[2], id) end
  return redis.call('DEL', KEYS[1])
end
redis.call('XACK', KEYS[3], GROUP, c.x)
redis.call('XDEL', KEYS[3], c.x)
redis.call('HDEL', KEYS[4], ARGV[1] .. '/' .. id)
local from = c.st
judge_reporters(site, id, depth(c.us), from, 0, from)
local flags = redis.call('HGETALL', site .. ':r:' .. id)
for i = 1, #flags, 2 do
  if not tonumber(flags[i + 1]) then add(site .. ':rr:' .. flags[i], flags[i + 1], -1) end
end
move(site, KEYS[1], id, c, 'erased')
forget_text(site, id, c)
local author = cjson.decode(c.d).author
if author and author.ip_hash then redis.call('ZREM', site .. ':pa:address:' .. author.ip_hash, id) end
if c.ar then redis.call('ZREM', site .. ':tc:' .. c.ar, id) redis.call('ZREM', site .. ':pa:article:' .. c.ar, id) end
if c.pa then redis.call('ZREM', site .. ':rc:' .. c.pa, id) end
redis.call('HDEL', site .. ':assigned', id)
redis.call('DEL', KEYS[1], site .. ':r:' .. id)
if c.au then
  redis.call('ZREM', site .. ':pa:author:' .. c.au, id)
  redis.call('ZREM', site .. ':ac:' .. c.au, id)
  local record_key = site .. ':a:' .. c.au
  if redis.call('EXISTS', site .. ':ac:' .. c.au) == 0 and redis.call('HEXISTS', record_key, 'given') == 0
      and redis.call('HEXISTS', record_key, 'nt') == 0 then
    redis.call('DEL', record_key)  -- nothing is left of this author, and no moderator has said anything
  end
end
redis.call('HINCRBY', site, 'erased', 1)
record(site, ARGV[3], 'erased', 'comment', id, cjson.encode({status = c.st}), '{}')
tell(site, now(), 'comment.erased', id, c.n + 1, c.st, 'erased', c.rev, '{"by":"site"}')
ring(ARGV[1], id)
return 1
