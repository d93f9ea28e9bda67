-- Puts a comment into the queue `escalated`, with a reason; or takes it back to where it was.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 site  2 id  3 operation id  4 moderator's name  5 escalation (JSON), or '' to take it back
-- Returns {'done'|'same', field, value, …} | {'waiting'} (not scored yet) | {'escalated'} (for another reason) | {'absent'} | {'expired', status, decided at}
-- Safe to repeat: the same escalation by the same moderator changes nothing, nor does taking back what is not escalated.
local c = read(KEYS[1], 'op', 'eb', 'es')
if not c then return missing(KEYS[1]) end
if c.st == 'queued' then return {'waiting'} end
local answer, up = 'same', ARGV[5] ~= ''
local tail = string.sub(ARGV[5], 2)
if up and c.ov == 'escalated' and c.op ~= ARGV[3] and string.sub(c.es or '', -#tail) ~= tail then return {'escalated'} end
if c.op ~= ARGV[3] and (c.ov == 'escalated') ~= up then
  local at, ov = now(), nil
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  if up then
    ov = 'escalated'
    -- `eb`: in which queue it stood before, on top of its status
    redis.call('HSET', KEYS[1], 'es', stamped(ARGV[5], at), 'eb', c.ov or '')
  else
    if c.eb and c.eb ~= '' and c.st == 'approved' then ov = c.eb end
    redis.call('HDEL', KEYS[1], 'es', 'eb')
  end
  local what = up and 'escalated' or 'returned'
  redis.call('HSET', KEYS[1], 'op', ARGV[3])
  record(KEYS[2], ARGV[4], what, 'comment', ARGV[2], brief(c.st, c.ov), brief(c.st, ov))
  move(KEYS[2], KEYS[1], ARGV[2], c, c.st, ov)
  tell(KEYS[2], at, 'comment.' .. what, ARGV[2], n, c.st, c.st, c.rev, cjson.encode({by = ARGV[4], kind = 'moderator'}))
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
