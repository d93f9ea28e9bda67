-- Sets what moderators say of an author: a standing, or a note.
-- KEYS  1 site record (hash)
-- ARGV  1 author reference  2 pseudonym of it, for the audit  3 operation id  4 moderator's name
--       5 'standing' or 'noted'  6 standing or '' | note (JSON)  7 end of a suspension (ms) or ''
-- Returns 'done' | 'same'
-- Safe to repeat: the same standing changes nothing; a note carries its operation's id.
local site = KEYS[1]
local key = site .. ':a:' .. ARGV[1]
local at = now()
if ARGV[5] == 'noted' then
  local notes = redis.call('HGET', key, 'nt')
  local mark = '{"op":' .. cjson.encode(ARGV[3]) .. ','
  if notes and string.find('\n' .. notes, '\n' .. mark, 1, true) then return 'same' end
  local line = mark .. '"at":' .. whole_number(at) .. ',' .. string.sub(ARGV[6], 2)
  redis.call('HSET', key, 'nt', notes and notes .. '\n' .. line or line)
  redis.call('HSET', site .. ':who', ARGV[2], ARGV[1])
  record(site, ARGV[4], 'noted', 'author', ARGV[2], '{}', '{}')
  return 'done'
end
local old = redis.call('HMGET', key, 'given', 'until')
local before = {standing = old[1] or '', ['until'] = old[2] or nil}
if (old[1] or '') == ARGV[6] and (old[2] or '') == ARGV[7] then return 'same' end
if ARGV[6] == '' then
  redis.call('HDEL', key, 'given', 'until', 'gby', 'gat')
else
  redis.call('HSET', key, 'given', ARGV[6], 'gby', ARGV[4], 'gat', whole_number(at))
  if ARGV[7] == '' then redis.call('HDEL', key, 'until') else redis.call('HSET', key, 'until', ARGV[7]) end
end
redis.call('HSET', site .. ':who', ARGV[2], ARGV[1])
local after = {standing = ARGV[6], ['until'] = ARGV[7] ~= '' and ARGV[7] or nil}
record(site, ARGV[4], 'standing', 'author', ARGV[2], cjson.encode(before), cjson.encode(after))
return 'done'
