-- Stores a comment as posted and puts it before the workers.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)
-- ARGV  1 site  2 id  3 text  4 document (JSON)  5 author reference or ''  6 limit of the inbox  7 article's id or ''
--       8 parent's id or ''
-- Returns {'new', received_at, seq} | {'same', field, value, …} | {'conflict'} | {'expired', status, decided at} | {'full'}
-- Safe to repeat: the same id and text is 'same', whatever became of the comment since.
local old = redis.call('HMGET', KEYS[1], 't', 't1', 'st')
if old[3] then
  if old[1] == ARGV[3] or (old[2] and old[2] == redis.sha1hex(ARGV[3])) then
    return whole(KEYS[1], 'same')
  end
  if old[3] == 'expired' then return missing(KEYS[1]) end  -- its text is gone: nobody can say whether this is the same
  return {'conflict'}
end
if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[6]) then return {'full'} end
local at = now()
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
local entry = redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'i', ARGV[2], 'r', 1, 't', ARGV[3], 'd', ARGV[4], 'a', ARGV[5])
local fields = {'t', ARGV[3], 'd', ARGV[4], 'st', 'queued', 'rev', 1, 'at', whole_number(at), 'seq', seq, 'n', 0, 'x', entry}
for i, name in ipairs({'au', false, 'ar', 'pa'}) do
  if name and ARGV[4 + i] ~= '' then
    fields[#fields + 1] = name
    fields[#fields + 1] = ARGV[4 + i]
  end
end
redis.call('HSET', KEYS[1], unpack(fields))
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[2] .. ':ac:' .. ARGV[5], seq, ARGV[2]) end
return {'new', at, seq}
