-- Whose session it is. It ends here if its time is over, or if its key is gone or has another role.
-- KEYS  1 session (hash)  2 keys (hash)
-- ARGV  1 idle (ms) from now on, or '' if the person does nothing just now
-- Returns {key id, the key's record}, or nil.
-- Safe to repeat: it only moves the end.
local session_key, keys_key = KEYS[1], KEYS[2]
local id, role, mac, ends = unpack(redis.call('HMGET', session_key, 'key', 'role', 'mac', 'ends'))
if not id then return nil end
local left = ends - now()
local stored = redis.call('HGET', keys_key, id)
local record = stored and cjson.decode(stored)
if left <= 0 or not record or record.role ~= role or record.mac ~= mac then
  redis.call('DEL', session_key)
  return nil
end
if ARGV[1] ~= '' then
  redis.call('PEXPIRE', session_key, whole_number(math.min(left, ARGV[1])))
end
return {id, stored}
