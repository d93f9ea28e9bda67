-- Says how an attempt to deliver ended.
-- KEYS  1 site record (hash)
-- ARGV  1 site  2 webhook's id  3 delivery's id  4 its lease  5 now (ms)  6 'delivered' | 'failed' | 'gone' (disable at once)
--       7 next attempt (ms), '' if there is none  8 status of the answer or ''  9 error or ''  10 duration (ms)
-- Returns 'done' | 'disabled' (and the delivery is noted) | 'stale' (another has it, or it was settled)
-- Safe to repeat: the lease ends with the first time. A success counts even if the lease was over.
local hook_key = KEYS[1] .. ':h:' .. ARGV[2]
local stored = redis.call('HGET', hook_key .. ':d', ARGV[3])
if not stored or redis.call('HEXISTS', KEYS[1] .. ':hooks', ARGV[2]) == 0 then return 'stale' end
local d, at, result = cjson.decode(stored), tonumber(ARGV[5]), ARGV[6]
if d.lease ~= ARGV[4] and not (result == 'delivered' and d.state == 'open') then return 'stale' end
d.lease = nil
d.n, d.at, d.took = d.n + 1, at, tonumber(ARGV[10])
d.status, d.error = tonumber(ARGV[8]), ARGV[9] ~= '' and ARGV[9] or nil
if result == 'delivered' then
  redis.call('HDEL', hook_key, 'since')
  redis.call('HSET', hook_key, 'ok', ARGV[5])
  turn(hook_key, ARGV[3], d, 'delivered', at)
  return 'done'
end
redis.call('HSETNX', hook_key, 'since', ARGV[5])
d.next = tonumber(ARGV[7])
turn(hook_key, ARGV[3], d, d.next and 'open' or 'dead', at)
if redis.call('HEXISTS', hook_key, 'off') == 1 then return 'done' end
local reason = result == 'gone' and 'gone'
if at - redis.call('HGET', hook_key, 'since') >= FAILING_MS then reason = reason or 'failing' end
if not reason then return 'done' end
disable(KEYS[1], ARGV[1], hook_key, ARGV[2], reason, at)
return 'disabled'
