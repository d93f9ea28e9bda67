-- Removes a worker's name that has been silent for long and holds nothing (removing one that holds would lose entries).
-- KEYS  1 inbox (stream)
-- ARGV  1 consumer
-- Returns 1 if removed, else 0.
if #redis.call('XPENDING', KEYS[1], GROUP, '-', '+', 1, ARGV[1]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], GROUP, ARGV[1])
return 1
