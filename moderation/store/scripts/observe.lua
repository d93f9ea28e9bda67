-- What a batch of comments means beside the others: the author's record, the same text before, how many came lately.
-- KEYS  1 inbox (stream), which only names the partition  then for each comment its site record (hash)
-- ARGV  1 now (ms), or '' for the server's clock  then for each comment eight: id, author reference or '', address (hashed) or '',
--       article's id or '', fingerprints (comma), window of repeats (ms), window of pace (ms) or 0, days of the record
-- Returns for each comment a list of twelve: approved, rejected, pending, recently approved, recently rejected, given standing
--       or '', end of a suspension or '', same by this author, same by others, by the author, by the address, on the article
-- Safe to repeat: a comment counts once, and never for itself.
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

for i = 0, #KEYS - 2 do
  local site, a = KEYS[2 + i], 1 + 8 * i
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
  local mine, others = 0, 0
  local me, member = ref .. '\t', ref .. '\t' .. id
  for print in string.gmatch(prints, '[^,]+') do
    local key = site .. ':rp:' .. print
    redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. whole_number(at - repeats))
    redis.call('ZADD', key, 'NX', whole_number(at), member)
    redis.call('PEXPIRE', key, repeats)
    local same_mine, same_others = 0, 0
    for _, one in ipairs(redis.call('ZRANGE', key, -100, -1)) do  -- a hundred are enough to know
      if one ~= member then
        if ref ~= '' and string.sub(one, 1, #me) == me then same_mine = same_mine + 1 else same_others = same_others + 1 end
      end
    end
    mine, others = math.max(mine, same_mine), math.max(others, same_others)
  end
  local by_author, by_address, on_article = 0, 0, 0
  if window > 0 then
    by_author = pace(site, 'author', ref, id, window)
    by_address = pace(site, 'address', address, id, window)
    on_article = pace(site, 'article', article, id, window)
  end
  answer[i + 1] = {tonumber(author[1]) or 0, tonumber(author[2]) or 0, tonumber(author[3]) or 0, recent[1], recent[2],
    author[4] or '', author[5] or '', mine, others, by_author, by_address, on_article}
end
return answer
