-- Shared by every script: put in front of each when it is loaded, after the constants BELL, GROUP and EVENT_MS.
-- `site` is always the key of the site's record; the site's other keys begin with it, so they share its slot.

local RANK_STEP = 8589934592  -- 2^33, see store/keys.py

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Place in the index by score: 6 digits of the score, then the sequence, so that no two comments share a place.
-- Without a score a comment sorts as if it were 0.5.
local function rank(spam, seq)
  return math.floor((tonumber(spam) or 0.5) * 1000000 + 0.5) * RANK_STEP + seq
end

local function enter(site, queue, id, seq, spam)
  redis.call('ZADD', site .. ':q:' .. queue .. ':time', seq, id)
  redis.call('ZADD', site .. ':q:' .. queue .. ':spam', string.format('%.0f', rank(spam, seq)), id)
end

local function leave(site, queue, id)
  redis.call('ZREM', site .. ':q:' .. queue .. ':time', id)
  redis.call('ZREM', site .. ':q:' .. queue .. ':spam', id)
end

local function count(site, author, status, by)
  if author and author ~= '' then
    local key = site .. ':a:' .. author
    if redis.call('HINCRBY', key, status, by) == 0 then
      redis.call('HDEL', key, status)
    end
  end
end

-- The one way from a status to another: indexes, reported queue and author's record follow.
local function move(site, id, c, from, to)
  if from ~= 'queued' then
    leave(site, from, id)
    if from == 'approved' then leave(site, 'reported', id) end
    count(site, c.au, from, -1)
  end
  if to ~= 'queued' and to ~= 'erased' then
    enter(site, to, id, c.seq, c.sp)
    count(site, c.au, to, 1)
  end
end

-- Reads the named fields of a comment into a table; nil if there is no such comment.
local function read(key, ...)
  local names = {'st', 'rev', 'seq', 'au', 'n', 'sp', ...}
  local values = redis.call('HMGET', key, unpack(names))
  if not values[1] then return nil end
  local c = {}
  for i, name in ipairs(names) do
    if values[i] then c[name] = values[i] end
  end
  return c
end

-- The answer of a script: a word, then the whole comment as field, value, …
local function whole(key, answer)
  local all = redis.call('HGETALL', key)
  table.insert(all, 1, answer)
  return all
end

-- Appends an event: what happened, to which comment, the how-manieth change of it, from and to which status.
local function tell(site, at, kind, id, n, from, to, rev, data)
  redis.call('XADD', site .. ':ev', 'MINID', '~', string.format('%.0f', at - EVENT_MS), '*',
    'k', kind, 'c', id, 'n', n, 'from', from, 'to', to, 'rev', rev, 'v', data)
end

local function ring(name, ids)
  redis.call('PUBLISH', BELL, name .. '\n' .. ids)
end

-- A decision as JSON with the time (and what the comment scored) put in front.
local function stamped(json, at, c, mv)
  local front = '{"at":' .. string.format('%.0f', at)
  if c and c.sp then front = front .. ',"score":' .. c.sp end
  if mv then front = front .. ',"model_version":"' .. mv .. '"' end
  return front .. ',' .. string.sub(json, 2)
end

-- A moderator's decision as it is told: in front of it what the statistics count with. How long the comment waited (ms since it
-- was received), its score, what the machine had said, whose decision stood before (`over`), and whether it was never judged.
local function told(json, at, c, first)
  local front = '{"waited":' .. string.format('%.0f', math.max(0, at - c.at))
  if c.sp and c.sp ~= '' then front = front .. ',"score":' .. c.sp end
  if c.by then
    front = front .. ',"over":' .. cjson.encode(c.by)
  elseif c.dc and c.st ~= 'queued' then  -- quotes inside a note or sentence are escaped, so this finds the member alone
    front = front .. ',"verdict":"' .. (string.match(c.dc, '"would_be":"(%a+)"') or c.st) .. '"'
  end
  if first then front = front .. ',"first":true' end
  return front .. ',' .. string.sub(json, 2)
end

-- Whether a comment leaves `queued` for the first time: nothing in its history put it in a status before.
local function never_judged(c)
  return c.st == 'queued' and not (c.hi and string.find(c.hi, '"status":"', 1, true))
end

-- History lines, the first being the decision that stood before the first change.
local function remembered(c, line)
  local before = c.hi
  if not before and c.dc then before = c.dc end
  if before then return before .. '\n' .. line end
  return line
end
