-- What a batch of comments means beside the others: the author's record, the same text before, how many came lately.
-- KEYS  1 inbox (stream), which only names the partition  then for each comment its site record (hash)
-- ARGV  1 now (ms), or '' for the server's clock  then for each comment nine: id, author reference or '', address (hashed) or '',
--       article's id or '', fingerprints (comma), window of repeats (ms), window of pace (ms) or 0, days of the record, entry id
-- Returns for each comment a list of twelve: approved, rejected, pending, recently approved, recently rejected, given standing
--       or '', end of a suspension or '', same by this author, same by others, by the author, by the address, on the article
-- Safe to repeat: a comment counts once, and never for itself. One that was erased or edited meanwhile leaves no trace; what is
-- left of the others is named in the comment (`fp`), so that it can be erased before its score comes.
local at = ARGV[1] ~= '' and tonumber(ARGV[1]) or now()
local answer = {}

local function pace(site, kind, who, id, window)
  if who == '' then return 0 end
  local key = site .. ':pa:' .. kind .. ':' .. who
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. whole_number(at - window))
  redis.call('ZADD', key, 'NX', whole_number(at), id)
  redis.call('PEXPIRE', key, window)
  return redis.call('ZCARD', key) - 1
end

local FLOOD = 50  -- others with one fingerprint, from which on the further fingerprints of a comment tell nothing new
local ENOUGH = 1000  -- comments with one fingerprint that are remembered: no limit of a policy is higher
local MOST_OF_ONE = 21  -- of the last comments with a fingerprint: so many by one author can be told, this one included

-- Other comments with a fingerprint: by this author, and by others. Nearly every text is the first of its kind, and for
-- that one command has to do: the first is a string, the later ones stand in a set beside it.
local function same(site, print, ref, member, window)
  local first_key = site .. ':rp:' .. print
  local first = redis.call('SET', first_key, member, 'NX', 'GET', 'PX', window)
  if not first then return 0, 0 end
  local later_key = site .. ':rl:' .. print
  redis.call('PEXPIRE', first_key, window)
  if first ~= member then
    redis.call('ZREMRANGEBYSCORE', later_key, '-inf', '(' .. whole_number(at - window))
    local known = redis.call('ZCARD', later_key)
    if known >= ENOUGH then return 0, known end  -- of so many by others one more tells nothing, and takes no room
    redis.call('ZADD', later_key, 'NX', whole_number(at), member)
    redis.call('PEXPIRE', later_key, window)
  end
  -- A flood must not make itself dearer: all are counted, and only the last are read for whose they are.
  local mine, me = 0, ref .. '\t'
  local function see(one)
    if one ~= member and string.sub(one, 1, #me) == me then mine = mine + 1 end
  end
  if ref ~= '' then
    see(first)
    for _, one in ipairs(redis.call('ZRANGE', later_key, -MOST_OF_ONE, -1)) do see(one) end
  end
  local others = redis.call('ZCARD', later_key) - mine
  return mine, others
end

for i = 0, #KEYS - 2 do
  local site, a = KEYS[2 + i], 1 + 9 * i
  local id, ref, address, article, prints = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5]
  local repeats, window, days = tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8])
  local author, recent = {}, {0, 0}
  if ref ~= '' then
    author = redis.call('HMGET', site .. ':a:' .. ref, 'approved', 'rejected', 'pending', 'given', 'until')
    if days > 0 and (author[1] or author[2]) then
      local names, today = {}, math.floor(at / DAY_MS)
      for day = today - days, today do
        names[#names + 1] = 'approved:' .. whole_number(day)
        names[#names + 1] = 'rejected:' .. whole_number(day)
      end
      for n, value in ipairs(redis.call('HMGET', site .. ':a:' .. ref, unpack(names))) do
        if value then recent[2 - n % 2] = recent[2 - n % 2] + value end
      end
    end
  end
  local there = false
  if prints ~= '' or window > 0 then
    local stands = redis.call('HMGET', site .. ':c:' .. id, 'x', 'st')
    there = stands[1] == ARGV[a + 9] and stands[2] ~= 'expired'
  end
  if there and prints ~= '' then redis.call('HSET', site .. ':c:' .. id, 'fp', prints) end
  local mine, others = 0, 0
  for print in string.gmatch(there and prints or '', '[^,]+') do
    local same_mine, same_others = same(site, print, ref, ref .. '\t' .. id, repeats)
    mine, others = math.max(mine, same_mine), math.max(others, same_others)
    if others >= FLOOD then break end
  end
  local by_author, by_address, on_article = 0, 0, 0
  if there and window > 0 then
    by_author = pace(site, 'author', ref, id, window)
    by_address = pace(site, 'address', address, id, window)
    on_article = pace(site, 'article', article, id, window)
  end
  answer[i + 1] = {tonumber(author[1]) or 0, tonumber(author[2]) or 0, tonumber(author[3]) or 0, recent[1], recent[2],
    author[4] or '', author[5] or '', mine, others, by_author, by_address, on_article}
end
return answer
