-- Takes a comment's last decision by a moderator back: status, queues, decision and records as they stood before. What others
-- said since stands: an escalation, and flags of enough weight on what is published.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 site  2 id  3 operation id  4 moderator's name  5 event data (JSON)  6 '' or the batch that must have decided last
-- Returns {'done'|'same', field, value, …} | {'nothing'} | {'later'} (decided again since the batch) | {'absent'} | {'expired', status, decided at}
-- Safe to repeat: the same operation changes nothing.
local c = read(KEYS[1], 'op', 'us', 'hi', 'dc', 'by', 'es', 'eb')
if not c then return missing(KEYS[1]) end
local answer = 'same'
if c.op ~= ARGV[3] then
  if not c.us then return {'nothing'} end
  local rest, last = string.match(c.us, '^(.*)\n([^\n]*)$')
  if not last then last = c.us end
  local by, status, queue, batch, decision = string.match(last, '^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$')
  if ARGV[6] ~= '' and ARGV[6] ~= batch then return {'later'} end
  local ov, eb, es = unpacked(queue)
  if c.ov == 'escalated' then
    ov, eb, es = 'escalated', ov == 'escalated' and eb or ov or '', c.es
    if status == 'queued' then status = 'pending' end  -- it waits for a moderator, whatever its score will be
  elseif c.ov == 'reported' and status == 'approved' and not ov then
    ov = 'reported'
  end
  local at = now()
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  local from, deep = c.st, depth(c.us)
  redis.call('HSET', KEYS[1], 'op', ARGV[3], 'hi', remembered(c, stamped(ARGV[5], at)))
  if rest then redis.call('HSET', KEYS[1], 'us', rest) else redis.call('HDEL', KEYS[1], 'us') end
  if by ~= '' then redis.call('HSET', KEYS[1], 'by', by) else redis.call('HDEL', KEYS[1], 'by') end
  if decision ~= '' then redis.call('HSET', KEYS[1], 'dc', decision) else redis.call('HDEL', KEYS[1], 'dc') end
  if es then redis.call('HSET', KEYS[1], 'es', es, 'eb', eb) end
  record(KEYS[2], ARGV[4], 'undone', 'comment', ARGV[2], brief(c.st, c.ov, c.dc), brief(status, ov, decision), ARGV[6])
  move(KEYS[2], KEYS[1], ARGV[2], c, status, ov)
  judge_reporters(KEYS[2], ARGV[2], deep, from, deep - 1, status)
  -- Told with whose decision it was, whose stands again, and the score: the statistics take it back.
  local news = '{"undid":' .. cjson.encode(c.by)
  if by ~= '' then news = news .. ',"restored":' .. cjson.encode(by) end
  if c.sp and c.sp ~= '' then news = news .. ',"score":' .. c.sp end
  tell(KEYS[2], at, 'comment.undone', ARGV[2], n, from, status, c.rev, news .. ',' .. string.sub(ARGV[5], 2))
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
