-- Erases a comment everywhere: hash, indexes, author's record, reporters, what waits in the stream, dead letter, the memory
-- of repeats and of pace. Events and audit keep only its id; what the audit says of its tags goes.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)  4 dead letters (hash)
-- ARGV  1 site  2 id  3 who erases
-- Returns 1, or 0 if there was nothing (so a repeat is safe).
local c = read(KEYS[1], 'x', 'd', 'fp', 'us', 'ta')
local site, id = KEYS[2], ARGV[2]

local function finish(status, n, rev, tagged)
  forget_tags(site, tagged)
  redis.call('HINCRBY', site, 'erased', 1)
  record(site, ARGV[3], 'erased', 'comment', id, cjson.encode({status = status}), '{}')
  tell(site, now(), 'comment.erased', id, n + 1, status, 'erased', rev, '{"by":"site"}')
  ring(ARGV[1], id)
  return 1
end

if not c then  -- nothing, or a tombstone
  local left = redis.call('HMGET', KEYS[1], 'was', 'au', 'at', 'n', 'rev', 'ta')
  if not left[1] then return 0 end
  count(site, {au = left[2] or nil, at = left[3]}, left[1], -1)
  redis.call('DEL', KEYS[1])
  if left[2] then disown(site, id, left[2]) end
  return finish(left[1], left[4], left[5], left[6])
end
unqueue(KEYS[3], c)
redis.call('HDEL', KEYS[4], ARGV[1] .. '/' .. id)
local from = c.st
judge_reporters(site, id, depth(c.us), from, 0, from)
local flags = redis.call('HGETALL', site .. ':r:' .. id)
for i = 1, #flags, 2 do
  if not tonumber(flags[i + 1]) then add(site .. ':rr:' .. flags[i], flags[i + 1], -1) end
end
move(site, KEYS[1], id, c, 'erased')
forget_text(site, id, c)
forget_pace(site, id, c)
leave_thread(site, id, c)
redis.call('HDEL', site .. ':assigned', id)
forget_flags(site, id)
redis.call('DEL', KEYS[1], site .. ':kb:' .. id)
if c.au then disown(site, id, c.au) end
return finish(c.st, c.n, c.rev, c.ta)
