-- Shared by the scripts of webhooks, after the shared part of all scripts. `hook_key` is the key of one endpoint's state; the
-- endpoint's other keys begin with it: `:d` deliveries by id, `:all` and `:open`, `:delivered`, `:dead` their ids by number,
-- `:due` the open ones by the time of the next attempt (or of the end of the lease), `:over` the others by their end.

local MOST_OPEN = 10000
local KEEP_MS = 7 * DAY_MS
local MOST_ENDED = 20000  -- of each state: a site with a million events a day must not fill the memory with their records
local FAILING_MS = 5 * DAY_MS

-- Whether an endpoint wants a type of event: all, this one, or all below a prefix.
local function wants(patterns, kind)
  for _, one in ipairs(patterns) do
    if one == '*' or one == kind then return true end
    if string.sub(one, -2) == '.*' and string.sub(kind, 1, #one - 1) == string.sub(one, 1, -2) then return true end
  end
  return false
end

-- The one way of a delivery into a state; its record and the indexes follow.
local function turn(hook_key, id, d, state, at)
  if d.state ~= state then
    if d.state then redis.call('ZREM', hook_key .. ':' .. d.state, id) end
    redis.call('ZADD', hook_key .. ':' .. state, whole_number(d.seq), id)
    d.state = state
  end
  if state == 'open' then
    redis.call('ZREM', hook_key .. ':over', id)
    redis.call('ZADD', hook_key .. ':due', whole_number(d.next), id)
  else
    redis.call('ZREM', hook_key .. ':due', id)
    redis.call('ZADD', hook_key .. ':over', whole_number(at + KEEP_MS), id)
    d.next = nil
  end
  redis.call('HSET', hook_key .. ':d', id, cjson.encode(d))
end

-- Takes the records of ended deliveries away.
local function forget(hook_key, ids)
  for _, id in ipairs(ids) do
    for _, part in ipairs({':all', ':delivered', ':dead', ':over'}) do redis.call('ZREM', hook_key .. part, id) end
    redis.call('HDEL', hook_key .. ':d', id)
  end
end

-- Those whose time is over, and the oldest of too many; a thousand of each at a time.
local function forget_ended(hook_key, at)
  forget(hook_key, redis.call('ZRANGE', hook_key .. ':over', '-inf', whole_number(at), 'BYSCORE', 'LIMIT', 0, 1000))
  for _, state in ipairs({':delivered', ':dead'}) do
    local excess = math.min(1000, redis.call('ZCARD', hook_key .. state) - MOST_ENDED)
    if excess > 0 then forget(hook_key, redis.call('ZRANGE', hook_key .. state, 0, excess - 1)) end
  end
end

-- A new delivery of an event, due at once.
local function begin(hook_key, id, kind, at, op)
  local seq = redis.call('HINCRBY', hook_key, 'seq', 1)
  redis.call('ZADD', hook_key .. ':all', seq, id)
  turn(hook_key, id, {seq = seq, kind = kind, n = 0, next = at, made = at, rp = op}, 'open', at)
end

-- The value of a field of a stream's entry.
local function field(fields, name)
  for i = 1, #fields, 2 do
    if fields[i] == name then return fields[i + 1] end
  end
  return ''
end

-- Ends deliveries to an endpoint until somebody enables it again, and says so.
local function disable(site, name, hook_key, id, reason, at)
  redis.call('HSET', hook_key, 'off', reason, 'off_at', whole_number(at))
  -- The log goes by the server's clock: that of a dispatcher may be wrong, and must not trim it.
  tell(site, now(), 'webhook.disabled', '', 0, '', '', 0, cjson.encode({webhook_id = id, reason = reason}))
  record(site, 'service', 'webhook_disabled', 'webhook', id, '{"enabled":true}', cjson.encode({enabled = false, reason = reason}))
  ring(name, '')
end
