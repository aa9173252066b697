-- Read the changes of the catalogue after one of them, oldest first.
-- KEYS     as for changing items
-- ARGV[1]  the epoch that the caller knows, or ''
-- ARGV[2]  the number of the last change that the caller knows
-- ARGV[3]  most changes to return
-- Returns the version, whether these are the first changes of another epoch than the caller's, and
-- for each change its number, item id and content. A caller that knows more than there is, because
-- the store lost it, is of another epoch too.
local version = redis.call('GET', KEYS[3])
if not version then return {'', ARGV[1] == '' and 0 or 1, {}} end
local epoch, number = string.match(version, '^(%x+):(%d+)$')
local known, from_start = tonumber(ARGV[2]), 0
if epoch ~= ARGV[1] or known > tonumber(number) then
  known, from_start = 0, 1
end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. known, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local changes = {}
for i = 1, #found, 2 do
  changes[#changes + 1] = found[i + 1]
  changes[#changes + 1] = found[i]
  changes[#changes + 1] = redis.call('HGET', KEYS[1], found[i]) or ''
end
return {version, from_start, changes}
