-- Ends a session, or all of its key's.
-- KEYS  1 session (hash)  2 sessions of its key (zset)
-- ARGV  1 the session's own part of KEYS 1  2 '1' to end all
-- Returns how many ended.
-- Safe to repeat: what has ended stays so.
local session_key, index_key = KEYS[1], KEYS[2]
local prefix = string.sub(session_key, 1, #session_key - #ARGV[1])
local ended = redis.call('DEL', session_key)
redis.call('ZREM', index_key, ARGV[1])
if ARGV[2] == '1' then
  for _, one in ipairs(redis.call('ZRANGE', index_key, 0, -1)) do
    local other_key = prefix .. one
    ended = ended + redis.call('DEL', other_key)
  end
  redis.call('DEL', index_key)
end
return ended
