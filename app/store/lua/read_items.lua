-- Read the changes of the catalogue after one of them, oldest first.
-- KEYS     as for changing items
-- ARGV[1]  the id of the last write that the caller knows, or ''
-- ARGV[2]  the number of the last change that the caller knows
-- ARGV[3]  most changes to return
-- Returns the version, whether these are the first changes of all, and for each change its number,
-- item id and content. To a caller who knows a write that is not among those of this store, because
-- the store lost it or it is too long ago, all is told from the start.
local version = redis.call('GET', KEYS[3])
if not version then return {'', ARGV[1] == '' and 0 or 1, {}} end
local newest = string.match(version, '^(%x+):%d+$')
local known, from_start = tonumber(ARGV[2]), 0
if newest ~= ARGV[1] then
  local of_write = ARGV[1] ~= '' and redis.call('ZSCORE', KEYS[4], ARGV[1])
  if of_write then
    -- Less, where the caller reads in parts and knows the first of them.
    known = math.min(known, tonumber(of_write))
  else
    known, from_start = 0, 1
  end
end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. string.format('%.0f', known), '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local changes = {}
for i = 1, #found, 2 do
  changes[#changes + 1] = found[i + 1]
  changes[#changes + 1] = found[i]
  changes[#changes + 1] = redis.call('HGET', KEYS[1], found[i]) or ''
end
return {version, from_start, changes}
