-- Begins a session for a key; beyond so many of one key the oldest end.
-- KEYS  1 session (hash)  2 sessions of its key (zset)  3 keys (hash)
-- ARGV  1 the session's own part of KEYS 1  2 key id  3 idle (ms)  4 longest life (ms)  5 most sessions of one key
-- Returns 1, or 0 if there is no such key any more.
-- Safe to repeat: the same session begins again.
local session_key, index_key, keys_key = KEYS[1], KEYS[2], KEYS[3]
local record = redis.call('HGET', keys_key, ARGV[2])
if not record then return 0 end
record = cjson.decode(record)
local at = now()
redis.call('HSET', session_key, 'key', ARGV[2], 'role', record.role, 'mac', record.mac,
  'ends', whole_number(at + ARGV[4]))
redis.call('PEXPIRE', session_key, ARGV[3])
redis.call('ZREMRANGEBYSCORE', index_key, '-inf', whole_number(at - ARGV[4]))
redis.call('ZADD', index_key, whole_number(at), ARGV[1])
redis.call('PEXPIRE', index_key, ARGV[4])
local prefix = string.sub(session_key, 1, #session_key - #ARGV[1])
while redis.call('ZCARD', index_key) > tonumber(ARGV[5]) do
  local oldest_key = prefix .. redis.call('ZPOPMIN', index_key)[1]
  redis.call('DEL', oldest_key)
end
return 1
