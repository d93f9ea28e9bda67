-- Replaces a site's policy, if it is still the one that was read, and records what changed.
-- KEYS  1 site record (hash)
-- ARGV  1 version that was read or ''  2 new version  3 policy (JSON)  4 who  5 before (JSON)  6 after (JSON): what changed
-- Returns 'done' | 'same' | 'moved' (another was faster: read again) | 'absent'
-- Safe to repeat: the new version standing already is 'same'.
local found = redis.call('HMGET', KEYS[1], 'created_at', 'pv')
if not found[1] then return 'absent' end
local stands = found[2] or ''
if stands == ARGV[2] then return 'same' end
if stands ~= ARGV[1] then return 'moved' end
redis.call('HSET', KEYS[1], 'policy', ARGV[3], 'pv', ARGV[2])
record(KEYS[1], ARGV[4], 'policy', 'site', '', ARGV[5], ARGV[6])
return 'done'
