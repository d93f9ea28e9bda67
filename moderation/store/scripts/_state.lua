-- Shared by every script: put in front of each when it is loaded, after the constants BELL, GROUP and EVENT_MS.
-- `site` is always the key of the site's record; the site's other keys begin with it, so they share its slot.

local RANK_STEP = 8589934592  -- 2^33, see store/keys.py
local DAY_MS = 86400000
-- Where people work: every filter has an index in both orders. Decided comments, which are many, have one by reason and
-- time; those of an article or author are found by the thread's and the author's own index.
local WORKING = {pending = true, reported = true, escalated = true}

local function whole_number(number)
  return string.format('%.0f', number)
end

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Place in the index by score: 6 digits of the score, then the sequence, so that no two comments share a place.
-- Without a score a comment sorts as if it were 0.5.
local function rank(spam, seq)
  return math.floor((tonumber(spam) or 0.5) * 1000000 + 0.5) * RANK_STEP + seq
end

-- By what a comment can be found in a queue, beside time and score.
local function labels(queue, c)
  local found = {}
  if WORKING[queue] then
    if c.ar then found[1] = 'article:' .. c.ar end
    if c.au then found[#found + 1] = 'author:' .. c.au end
  end
  if c.cd then
    for code in string.gmatch(c.cd, '[^,]+') do found[#found + 1] = 'reason:' .. code end
  end
  return found
end

local function enter(site, queue, id, c)
  local place = whole_number(rank(c.sp, c.seq))
  redis.call('ZADD', site .. ':q:' .. queue .. ':time', c.seq, id)
  redis.call('ZADD', site .. ':q:' .. queue .. ':spam', place, id)
  local time_key, spam_key = site .. ':i:' .. queue .. ':time:', site .. ':i:' .. queue .. ':spam:'
  for _, label in ipairs(labels(queue, c)) do
    redis.call('ZADD', time_key .. label, c.seq, id)
    if WORKING[queue] then redis.call('ZADD', spam_key .. label, place, id) end
  end
end

local function leave(site, queue, id, c)
  redis.call('ZREM', site .. ':q:' .. queue .. ':time', id)
  redis.call('ZREM', site .. ':q:' .. queue .. ':spam', id)
  local time_key, spam_key = site .. ':i:' .. queue .. ':time:', site .. ':i:' .. queue .. ':spam:'
  for _, label in ipairs(labels(queue, c)) do
    redis.call('ZREM', time_key .. label, id)
    if WORKING[queue] then redis.call('ZREM', spam_key .. label, id) end
  end
end

-- Adds to a number in a hash; a number that comes to nothing takes no room.
local function add(key, field, by)
  if redis.call('HINCRBY', key, field, by) == 0 then redis.call('HDEL', key, field) end
end

-- An author's record: comments by status, and the decided ones by the day on which they came.
local function count(site, c, status, by)
  if not c.au then return end
  local key = site .. ':a:' .. c.au
  add(key, status, by)
  if status ~= 'pending' then add(key, status .. ':' .. whole_number(math.floor(c.at / DAY_MS)), by) end
end

-- The queues in which a comment stands: that of its status, and reported or escalated on top of it (`ov`).
-- An escalated comment that waits for a decision is in no other moderator's way.
local function places(st, ov)
  if st == 'queued' or st == 'erased' or st == 'expired' then return {} end
  if not ov then return {st} end
  if ov == 'escalated' and st == 'pending' then return {ov} end
  return {st, ov}
end

-- Takes a comment's entry out of the stream. What was imported with its score never had one here.
local function unqueue(inbox_key, c)
  if not c.x then return end
  redis.call('XACK', inbox_key, GROUP, c.x)
  redis.call('XDEL', inbox_key, c.x)
end

-- Puts a comment before the workers.
local function enqueue(inbox_key, name, key, id, c)
  local entry = redis.call('XADD', inbox_key, '*', 's', name, 'i', id, 'r', c.rev, 't', c.t, 'd', c.d, 'a', c.au or '', 'h', c.hr or '')
  redis.call('HSET', key, 'x', entry)
end

-- The indexes of threads hold what has been judged: from the score on, until the text changes or goes.
local function join_thread(site, id, c)
  if c.ar then redis.call('ZADD', site .. ':tc:' .. c.ar, c.seq, id) end
  if c.pa then redis.call('ZADD', site .. ':rc:' .. c.pa, c.seq, id) end
end

local function leave_thread(site, id, c)
  if c.ar then redis.call('ZREM', site .. ':tc:' .. c.ar, id) end
  if c.pa then redis.call('ZREM', site .. ':rc:' .. c.pa, id) end
end

-- Ends whoever's lease on a comment.
local function free(site, id)
  local holder = redis.call('HGET', site .. ':holders', id)
  if not holder then return end
  redis.call('HDEL', site .. ':holders', id)
  redis.call('ZREM', site .. ':leases', id)
  add(site .. ':holding', holder, -1)
end

-- Ends the leases whose time is over, the oldest first.
local function free_expired(site, at)
  local over = redis.call('ZRANGE', site .. ':leases', '-inf', whole_number(at), 'BYSCORE', 'LIMIT', 0, 1000)
  for _, id in ipairs(over) do free(site, id) end
end

-- The one way from a status to another: indexes, author's record, leases and the fields `st` and `ov` follow.
-- `how` is 'counted' for what leaves the author's record as it is (a body that expires).
local function move(site, key, id, c, st, ov, how)
  for _, queue in ipairs(places(c.st, c.ov)) do leave(site, queue, id, c) end
  if c.st ~= 'queued' then
    if how ~= 'counted' then count(site, c, c.st, -1) end
    free(site, id)
  end
  if st == 'erased' then return end
  for _, queue in ipairs(places(st, ov)) do enter(site, queue, id, c) end
  if st ~= 'queued' and how ~= 'counted' then count(site, c, st, 1) end
  redis.call('HSET', key, 'st', st)
  if ov then redis.call('HSET', key, 'ov', ov) elseif c.ov then redis.call('HDEL', key, 'ov') end
end

-- Reads the named fields of a comment into a table; nil if there is no such comment, or only its tombstone.
local function read(key, ...)
  local names = {'st', 'rev', 'seq', 'au', 'n', 'sp', 'ar', 'pa', 'cd', 'at', 'ov', ...}
  local values = redis.call('HMGET', key, unpack(names))
  if not values[1] or values[1] == 'expired' then return nil end
  local c = {}
  for i, name in ipairs(names) do
    if values[i] then c[name] = values[i] end
  end
  return c
end

-- Why `read` found nothing: there is no such comment, or only its tombstone is left.
local function missing(key)
  local left = redis.call('HMGET', key, 'st', 'was', 'da')
  if left[1] == 'expired' then return {'expired', left[2], left[3]} end
  return {'absent'}
end

-- The answer of a script: a word, then the whole comment as field, value, …
local function whole(key, answer)
  local all = redis.call('HGETALL', key)
  table.insert(all, 1, answer)
  return all
end

-- Appends an event: what happened, to which comment, the how-manieth change of it, from and to which status.
local function tell(site, at, kind, id, n, from, to, rev, data)
  redis.call('XADD', site .. ':ev', 'MINID', '~', whole_number(at - EVENT_MS), '*',
    'k', kind, 'c', id, 'n', n, 'from', from, 'to', to, 'rev', rev, 'v', data)
end

local function ring(name, ids)
  redis.call('PUBLISH', BELL, name .. '\n' .. ids)
end

-- What the audit says of a comment's state. No note, no text: an erased comment leaves nothing here to be found.
local function brief(st, ov, decision)
  local d = decision and decision ~= '' and cjson.decode(decision) or {}
  return cjson.encode({status = st, queue = ov, by = d.by, reason = d.reason, score = d.score})
end

-- Appends to the audit: who did what to whom ('comment' and its id, 'author' and a pseudonym, …), before and after.
-- Returns the entry's id.
local function record(site, who, what, kind, subject, before, after, batch)
  local more = (batch and batch ~= '') and {'t', batch} or {}
  return redis.call('XADD', site .. ':audit', '*', 'by', who, 'k', what, 'o', kind, 's', subject, 'b', before, 'a', after, unpack(more))
end

-- A decision as JSON with the time (and what the comment scored) put in front.
local function stamped(json, at, c, mv)
  local front = '{"at":' .. whole_number(at)
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

-- How many decisions by moderators stand on each other.
local function depth(us)
  if not us then return 0 end
  local _, lines = string.gsub(us, '\n', '')
  return lines + 1
end

-- A queue on top of a status as a line of `us` keeps it: an escalation with the queue before it and its reason.
local function packed(c)
  if c.ov == 'escalated' then return 'escalated ' .. (c.eb or '') .. ' ' .. (c.es or '') end
  return c.ov or ''
end

-- The same again: queue, and of an escalation the queue before it and its reason.
local function unpacked(field)
  local eb, es = string.match(field, '^escalated (%a*) (.*)$')
  if eb then return 'escalated', eb, es end
  return field ~= '' and field or nil
end

-- Whether the readers who flagged a comment were right follows its standing decision by a moderator. A reporter is
-- judged by decisions that came after the flag: `since` is the number of decisions that stood then. An edit settles what
-- was judged: the verdict stands in the place of the number.
local VERDICT = {approved = 'wrong', rejected = 'right'}
local function judge_reporters(site, id, from_depth, from, to_depth, to)
  local flags = redis.call('HGETALL', site .. ':r:' .. id)
  for i = 1, #flags, 2 do
    local since = tonumber(flags[i + 1])
    if since then
      local before = from_depth > since and VERDICT[from] or nil
      local after = to_depth > since and VERDICT[to] or nil
      local key = site .. ':rr:' .. flags[i]
      if before and before ~= after then add(key, before, -1) end
      if after and before ~= after then add(key, after, 1) end
      if since > to_depth then redis.call('HSET', site .. ':r:' .. id, flags[i], to_depth) end
    end
  end
end

-- What a reader's flag counts: one, until three of the reader's flags were judged; then twice the share that were right.
local function weight(site, reporter)
  local found = redis.call('HMGET', site .. ':rr:' .. reporter, 'right', 'wrong')
  local right, wrong = tonumber(found[1]) or 0, tonumber(found[2]) or 0
  if right + wrong < 3 then return 1 end
  return 2 * (right + 1) / (right + wrong + 2)
end

-- Whether the flags that no moderator has answered yet weigh enough to put a published comment before one.
local function flagged(site, id, deep, threshold)
  local flags, sum = redis.call('HGETALL', site .. ':r:' .. id), 0
  for i = 1, #flags, 2 do
    local since = tonumber(flags[i + 1])
    if since and since >= deep then sum = sum + weight(site, flags[i]) end
    if sum + 0.000001 >= tonumber(threshold) then return true end
  end
  return false
end

-- Takes a comment's text out of the memory of repeats.
local function forget_text(site, id, c)
  if not c.fp then return end
  local member = (c.au or '') .. '\t' .. id
  for print in string.gmatch(c.fp, '[^,]+') do
    local first_key, later_key = site .. ':rp:' .. print, site .. ':rl:' .. print
    redis.call('ZREM', later_key, member)
    if redis.call('GET', first_key) == member then
      local next_one = redis.call('ZPOPMIN', later_key)
      if next_one[1] then redis.call('SET', first_key, next_one[1], 'KEEPTTL') else redis.call('DEL', first_key) end
    end
  end
end

-- Forgets the flags on a comment; the readers' records stay as they are.
local function forget_flags(site, id)
  for _, reporter in ipairs(redis.call('HKEYS', site .. ':r:' .. id)) do redis.call('SREM', site .. ':rf:' .. reporter, id) end
  redis.call('DEL', site .. ':r:' .. id)
end

-- Takes a comment off its author's list; the record goes with the last one, unless a moderator said something.
local function disown(site, id, ref)
  redis.call('ZREM', site .. ':ac:' .. ref, id)
  local record_key = site .. ':a:' .. ref
  if redis.call('EXISTS', site .. ':ac:' .. ref) == 0 and redis.call('HEXISTS', record_key, 'given') == 0
      and redis.call('HEXISTS', record_key, 'nt') == 0 then
    redis.call('DEL', record_key)
  end
end

-- Takes what the audit says of a comment's tags out of it: they are a moderator's words on the comment.
local function forget_tags(site, lines)
  if not lines then return end
  for entry in string.gmatch(lines, '[^,]+') do redis.call('XDEL', site .. ':audit', entry) end
end

-- Takes a comment out of the counts of pace.
local function forget_pace(site, id, c)
  local author = cjson.decode(c.d).author
  if author and author.ip_hash then redis.call('ZREM', site .. ':pa:address:' .. author.ip_hash, id) end
  if c.ar then redis.call('ZREM', site .. ':pa:article:' .. c.ar, id) end
  if c.au then redis.call('ZREM', site .. ':pa:author:' .. c.au, id) end
end
