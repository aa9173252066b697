-- Which stored feedback counts as a rating, of how many pieces. A user who has many is not read
-- through by each write: the field `tally` holds
--     "<created> <version> <digest of the rule> <ratings> <pieces>"
-- and holds good for the state that it names. A release that does not know of it changes the version
-- and leaves it; then it is counted anew, and so is `oldest`, which goes with it.
local MANY = 64

-- Read a rule, "<lowest rating> <highest> <actions that count as one>…".
local function rating_rule(text)
  local words = {}
  for word in string.gmatch(text, '%S+') do words[#words + 1] = word end
  local rule = {digest = string.sub(redis.sha1hex(text), 1, 10), actions = {}}
  rule.low, rule.high = tonumber(words[1]), tonumber(words[2])
  for i = 3, #words do rule.actions[words[i]] = true end
  return rule
end

-- 1 for what counts as a rating, else 0. What can't be read does not.
local function counts(rule, entry)
  local at, value = string.match(entry, '^(%S+) ([^%s*?]+)')
  if not at or not tonumber(at) then return 0 end
  if rule.actions[value] then return 1 end
  local number = string.find(value, '^[%d.-]') and tonumber(value)
  return number and rule.low <= number and number <= rule.high and 1 or 0
end

-- Return the tally of what is stored, from the field where it holds good (`is_kept`).
local function tally_of(key, rule)
  local now = redis.call('HMGET', key, 'created', 'version', 'tally')
  local created, version, digest, ratings, pieces =
    string.match(now[3] or '', '^(%S+) (%S+) (%S+) (%d+) (%d+)$')
  if created and created == now[1] and version == now[2] and digest == rule.digest then
    return {ratings = tonumber(ratings), pieces = tonumber(pieces), is_kept = true}
  end
  local tally, flat = {ratings = 0, pieces = 0, is_kept = false}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 2) == 'f:' then
      tally.pieces = tally.pieces + 1
      tally.ratings = tally.ratings + counts(rule, flat[i + 1])
    elseif flat[i] == 'oldest' then
      redis.pcall('HDEL', key, 'oldest')
    end
  end
  return tally
end

-- Keep the tally of a user with many pieces, once `created` and `version` are those of a write. It is
-- no harm if the store takes no more: then it does not hold good, or tells what it told before.
local function keep_tally(key, rule, tally)
  if tally.pieces <= MANY then
    redis.pcall('HDEL', key, 'tally', 'oldest')
    return
  end
  local now = redis.call('HMGET', key, 'created', 'version')
  if not now[1] or not now[2] then return end
  local numbers = string.format('%.0f %.0f', tally.ratings, tally.pieces)
  local text = now[1] .. ' ' .. now[2] .. ' ' .. rule.digest .. ' ' .. numbers
  redis.pcall('HSET', key, 'tally', text)
end
