-- Puts an exported comment back: hash, indexes, author's record, reporters, and the stream if it waits for a score.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)
-- ARGV  1 site  2 id  3 number of reporters  then reporter, since, …  then field, value, …
-- Returns 1, or 0 if the comment is there already (so a repeat is safe). Tells no event: nothing happened to the comment.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local site, id, reporters = KEYS[2], ARGV[2], tonumber(ARGV[3])
for i = 4, 3 + 2 * reporters, 2 do 
  redis.call('HSET', site .. ':r:' .. id, ARGV[i], ARGV[i + 1])
  redis.call('SADD', site .. ':rf:' .. ARGV[i], id)
end
for i = 4 + 2 * reporters, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
local found = redis.call('HMGET', KEYS[1], 'seq', 'au', 'st')
local behind = found[1] - (redis.call('HGET', site, 'seq') or 0)
if behind > 0 then redis.call('HINCRBY', site, 'seq', behind) end
if found[2] then redis.call('ZADD', site .. ':ac:' .. found[2], found[1], id) end
local c = read(KEYS[1], 't', 'd', 'hr', 'sc', 'as')
if not c then  -- a tombstone: counted under the status that it had
  local dead = redis.call('HMGET', KEYS[1], 'was', 'at', 'au')
  count(site, {au = dead[3] or nil, at = dead[2]}, dead[1], 1)
  return 1
end
if c.st ~= 'queued' then
  for _, queue in ipairs(places(c.st, c.ov)) do enter(site, queue, id, c) end
  count(site, c, c.st, 1)
end
-- What a moderator decided before its score came waits for it all the same: an undo would lead back to `queued`.
if c.sc then join_thread(site, id, c) else enqueue(KEYS[3], ARGV[1], KEYS[1], id, c) end
if c.cd then
  for code in string.gmatch(c.cd, '[^,]+') do redis.call('SADD', site .. ':codes', code) end
end
if c.as then redis.call('HSET', site .. ':assigned', id, c.as) end
return 1
