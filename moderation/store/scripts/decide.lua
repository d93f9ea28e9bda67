-- Puts a moderator's decision on a comment.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 site  2 id  3 operation id  4 status  5 moderator's name  6 '1' to override a colleague  7 decision (JSON)
--       8 the same without the note, for the event log  9 batch or ''  10 '' or the revision that was read
-- Returns {'done'|'same', field, value, …} | {'conflict', decision, status} | {'edited'} (another revision stands) | {'absent'} | {'expired', status, decided at}
-- Safe to repeat: the same operation, or the same decision by the same moderator, changes nothing.
local c = read(KEYS[1], 'dc', 'op', 'by', 'hi', 'us', 'mv', 'es', 'eb')
if not c then return missing(KEYS[1]) end
local answer = 'same'
local tail = string.sub(ARGV[7], 2)
local standing = c.by == ARGV[5] and c.st == ARGV[4] and string.sub(c.dc, -#tail) == tail
  and not c.ov  -- approving again answers the readers' flags
if c.op ~= ARGV[3] and not standing then
  if ARGV[10] ~= '' and c.rev ~= ARGV[10] then return {'edited'} end
  if c.by and c.by ~= ARGV[5] and ARGV[6] ~= '1' then return {'conflict', c.dc, c.st} end
  local at = now()
  local decision = stamped(ARGV[7], at, c, c.mv)
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  local from, deep = c.st, depth(c.us)
  -- What undo restores: who, status, queue on top (with its escalation), (batch that comes on it), decision.
  local before = (c.by or '') .. '\t' .. c.st .. '\t' .. packed(c) .. '\t' .. ARGV[9] .. '\t' .. (c.dc or '')
  redis.call('HSET', KEYS[1], 'dc', decision, 'by', ARGV[5], 'op', ARGV[3],
    'hi', remembered(c, decision), 'us', (c.us and c.us .. '\n' or '') .. before)
  redis.call('HDEL', KEYS[1], 'es', 'eb')
  record(KEYS[2], ARGV[5], ARGV[4], 'comment', ARGV[2], brief(c.st, c.ov, c.dc), brief(ARGV[4], nil, decision), ARGV[9])
  move(KEYS[2], KEYS[1], ARGV[2], c, ARGV[4], nil)
  judge_reporters(KEYS[2], ARGV[2], deep, from, deep + 1, ARGV[4])
  tell(KEYS[2], at, 'comment.' .. ARGV[4], ARGV[2], n, from, ARGV[4], c.rev, told(ARGV[8], at, c, never_judged(c)))
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
