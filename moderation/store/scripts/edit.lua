-- Gives a comment a new text: a new revision, scored and judged again.
-- KEYS  1 comment (hash)  2 site record (hash)  3 inbox (stream)  4 dead letters (hash)
-- ARGV  1 site  2 id  3 text  4 operation id  5 limit of the inbox
-- Returns {'done'|'same', field, value, …} | {'full'} | {'absent'} | {'expired', status, decided at}
-- Safe to repeat: the text that stands already, or the same operation, changes nothing.
local c = read(KEYS[1], 't', 'd', 't1', 'op', 'hi', 'dc', 'by', 'x', 'hr', 'us', 'fp')
if not c then return missing(KEYS[1]) end
local answer = 'same'
if c.t ~= ARGV[3] and c.op ~= ARGV[4] then
  if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[5]) then return {'full'} end
  local at, rev, from = now(), c.rev + 1, c.st
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  local line = '{"at":' .. whole_number(at) .. ',"what":"edited","revision":' .. rev .. '}'
  local refused = c.hr or (c.by and c.st == 'rejected' and '1') or ''
  unqueue(KEYS[3], c)
  local entry = redis.call('XADD', KEYS[3], '*', 's', ARGV[1], 'i', ARGV[2], 'r', rev, 't', ARGV[3], 'd', c.d,
    'a', c.au or '', 'h', refused)
  move(KEYS[2], KEYS[1], ARGV[2], c, 'queued', nil)
  forget_text(KEYS[2], ARGV[2], c)
  leave_thread(KEYS[2], ARGV[2], c)
  if c.us then  -- flags on the old text that a moderator has answered are settled; the others still wait for an answer
    local flags, deep = redis.call('HGETALL', KEYS[2] .. ':r:' .. ARGV[2]), depth(c.us)
    for i = 1, #flags, 2 do
      local since = tonumber(flags[i + 1])
      if since then redis.call('HSET', KEYS[2] .. ':r:' .. ARGV[2], flags[i], since >= deep and 0 or VERDICT[from]) end
    end
  end
  redis.call('HSET', KEYS[1], 't', ARGV[3], 't1', c.t1 or redis.sha1hex(c.t), 'rev', rev, 'x', entry,
    'op', ARGV[4], 'hi', remembered(c, line))
  if refused ~= '' then redis.call('HSET', KEYS[1], 'hr', refused) end
  redis.call('HDEL', KEYS[1], 'sp', 'sc', 'rs', 'dc', 'by', 'us', 'mv', 'cd', 'fp', 'es', 'eb')
  redis.call('HDEL', KEYS[4], ARGV[1] .. '/' .. ARGV[2])
  tell(KEYS[2], at, 'comment.edited', ARGV[2], n, from, 'queued', rev, '{"by":"site"}')
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
