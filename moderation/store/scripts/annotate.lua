-- Puts a note, tags or an assignment on a comment: what colleagues say to each other about it.
-- KEYS  1 comment (hash)  2 site record (hash)
-- ARGV  1 site  2 id  3 operation id  4 moderator's name  5 'noted', 'tagged' or 'assigned'
--       6 note (JSON) | tags (JSON list, sorted) | name of a moderator or ''
-- Returns {'done'|'same', field, value, …} | {'absent'} | {'expired', status, decided at}
-- Safe to repeat: a note carries its operation's id; the same tags or assignment change nothing.
local c = read(KEYS[1], 'nt', 'tg', 'as', 'ta')
if not c then return missing(KEYS[1]) end
local what, value, answer = ARGV[5], ARGV[6], 'same'
local before, after = '{}', '{}'
local at = now()
local done = false
if what == 'noted' then
  local mark = '{"op":' .. cjson.encode(ARGV[3]) .. ','
  if not (c.nt and string.find('\n' .. c.nt, '\n' .. mark, 1, true)) then
    local line = mark .. '"at":' .. whole_number(at) .. ',' .. string.sub(value, 2)
    redis.call('HSET', KEYS[1], 'nt', c.nt and c.nt .. '\n' .. line or line)
    done = true
  end
elseif what == 'tagged' then
  if (c.tg or '[]') ~= value then
    if value == '[]' then redis.call('HDEL', KEYS[1], 'tg') else redis.call('HSET', KEYS[1], 'tg', value) end
    before, after = '{"tags":' .. (c.tg or '[]') .. '}', '{"tags":' .. value .. '}'
    done = true
  end
elseif (c.as or '') ~= value then
  if value == '' then
    redis.call('HDEL', KEYS[1], 'as')
    redis.call('HDEL', KEYS[2] .. ':assigned', ARGV[2])
  else
    redis.call('HSET', KEYS[1], 'as', value)
    redis.call('HSET', KEYS[2] .. ':assigned', ARGV[2], value)
    if redis.call('HGET', KEYS[2] .. ':holders', ARGV[2]) ~= value then free(KEYS[2], ARGV[2]) end
  end
  before, after = cjson.encode({assigned = c.as or ''}), cjson.encode({assigned = value})
  done = true
end
if done then
  local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
  local entry = record(KEYS[2], ARGV[4], what, 'comment', ARGV[2], before, after)
  if what == 'tagged' then redis.call('HSET', KEYS[1], 'ta', c.ta and c.ta .. ',' .. entry or entry) end  -- for erasing
  tell(KEYS[2], at, 'comment.' .. what, ARGV[2], n, c.st, c.st, c.rev, cjson.encode({by = ARGV[4], kind = 'moderator'}))
  ring(ARGV[1], ARGV[2])
  answer = 'done'
end
return whole(KEYS[1], answer)
