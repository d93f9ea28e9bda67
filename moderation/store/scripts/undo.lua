-- Takes a comment's last decision by a moderator back: status, decision, queue place and record as they stood before.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 site  2 id  3 operation id  4 moderator's name  5 event data (JSON)
-- Returns {'done'|'same', field, value, …} | {'nothing'} | {'absent'}
-- Safe to repeat: the same operation changes nothing.
local c = read(KEYS[1], 'op', 'us', 'hi', 'dc', 'by')
if not c then return {'absent'} end
local answer = 'same'
if c.op ~= ARGV[3] then
  if not c.us then return {'nothing'} end
  local rest, last = string.match(c.us, '^(.*)\n([^\n]*)$')
  if not last then last = c.us end
  local by, status, decision = string.match(last, '^([^\t]*)\t([^\t]*)\t(.*)$')
  local at = now()
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  local line = stamped(ARGV[5], at)
  redis.call('HSET', KEYS[1], 'st', status, 'op', ARGV[3], 'hi', remembered(c, line))
  if rest then redis.call('HSET', KEYS[1], 'us', rest) else redis.call('HDEL', KEYS[1], 'us') end
  if by ~= '' then redis.call('HSET', KEYS[1], 'by', by) else redis.call('HDEL', KEYS[1], 'by') end
  if decision ~= '' then redis.call('HSET', KEYS[1], 'dc', decision) else redis.call('HDEL', KEYS[1], 'dc') end
  move(KEYS[2], ARGV[2], c, c.st, status)
  -- Told with whose decision it was, whose stands again, and the score: the statistics take it back.
  local news = '{"undid":' .. cjson.encode(c.by)
  if by ~= '' then news = news .. ',"restored":' .. cjson.encode(by) end
  if c.sp and c.sp ~= '' then news = news .. ',"score":' .. c.sp end
  tell(KEYS[2], at, 'comment.undone', ARGV[2], n, c.st, status, c.rev, news .. ',' .. string.sub(ARGV[5], 2))
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
