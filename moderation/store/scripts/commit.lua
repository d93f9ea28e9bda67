-- Writes what the workers found on a batch of comments, and acknowledges their entries.
-- KEYS  1 inbox (stream)  2 dead letters (hash)  then for each comment: comment (hash), site record (hash)
-- ARGV  for each comment fourteen: entry id, site, comment id, revision, spam score or '', scores (JSON), reasons (JSON),
--       status, decision (JSON), model version, dead letter (JSON) or '', codes of the reasons (comma), fingerprints of the
--       text (comma), weight of flags that puts a published comment into `reported`
-- Returns how many comments changed.
-- Safe to repeat, and safe against a worker that lost its entries: a comment that is no longer queued at that revision
-- keeps its status; a human's decision that came before the score stays, and only learns the score.
local changed = 0
local at = now()
local bells, known = {}, {}
for i = 0, #ARGV / 14 - 1 do
  local key, site, a = KEYS[3 + 2 * i], KEYS[4 + 2 * i], 14 * i
  local entry, name, id, rev = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4]
  local spam, status, mv, codes, prints = ARGV[a + 5], ARGV[a + 8], ARGV[a + 10], ARGV[a + 12], ARGV[a + 13]
  local c = read(key, 'hi', 'sc', 'us', 'rp', 'x')
  -- The entry too: the id may have been erased and posted anew, with another text.
  if c and c.rev == rev and c.x == entry and (c.st == 'queued' or not c.sc) then
    local n = redis.call('HINCRBY', key, 'n', 1)
    local fields = {'sc', ARGV[a + 6], 'rs', ARGV[a + 7], 'mv', mv}
    local function set(name, value)
      if value ~= '' then
        fields[#fields + 1] = name
        fields[#fields + 1] = value
      end
    end
    set('sp', spam)
    set('fp', prints)
    set('cd', codes)
    c.sp, c.cd = spam, codes ~= '' and codes or nil
    for code in string.gmatch(codes, '[^,]+') do
      if not known[site .. code] then  -- nearly always the same few
        redis.call('SADD', site .. ':codes', code)
        known[site .. code] = true
      end
    end
    join_thread(site, id, c)
    if c.au then redis.call('HSETNX', site .. ':a:' .. c.au, 'first', c.at) end
    if c.st == 'queued' then
      local decision = stamped(ARGV[a + 9], at)
      set('dc', decision)
      if c.hi then set('hi', c.hi .. '\n' .. decision) end
      local reported = status == 'approved' and c.rp and flagged(site, id, 0, ARGV[a + 14])
      move(site, key, id, c, status, reported and 'reported' or nil)
      local news = ARGV[a + 9]
      if n > 1 and never_judged(c) then news = '{"first":true,' .. string.sub(news, 2) end  -- n == 1 says it by itself
      tell(site, at, 'comment.' .. status, id, n, 'queued', status, rev, news)
    else
      for _, queue in ipairs(places(c.st, c.ov)) do enter(site, queue, id, c) end
      if c.us and string.sub(c.us, 1, 8) == '\tqueued\t' then  -- an undo now leads to what the policy says
        local batch, rest = string.match(c.us, '^\tqueued\t[^\t]*\t([^\t]*)\t[^\n]*(.*)$')
        set('us', '\t' .. status .. '\t\t' .. batch .. '\t' .. stamped(ARGV[a + 9], at) .. rest)
      end
      tell(site, at, 'comment.scored', id, n, c.st, c.st, rev, '{"by":"model","score":' .. (spam == '' and 'null' or spam) .. '}')
    end
    redis.call('HSET', key, unpack(fields))
    if ARGV[a + 11] ~= '' then redis.call('HSET', KEYS[2], name .. '/' .. id, ARGV[a + 11]) end
    bells[name] = (bells[name] and bells[name] .. '\n' or '') .. id
    changed = changed + 1
  end
  redis.call('XACK', KEYS[1], GROUP, entry)
  redis.call('XDEL', KEYS[1], entry)
end
for name, ids in pairs(bells) do ring(name, ids) end
return changed
