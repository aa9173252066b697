-- Put or delete items, all at once.
-- KEYS[1]  hash: item id -> what was put, as JSON, or '' for a deleted item
-- KEYS[2]  sorted set: item id by the number of its newest change
-- KEYS[3]  the catalogue's version, "<epoch>:<number of the newest change>"
-- ARGV[1]  an epoch, should there be none yet
-- ARGV[2]… three values an item: item id, JSON or '', 1 if the model's bundle has the item
-- Returns the version after that, and for each item whether it was there before. A deletion of an
-- item that is not there changes nothing.
local epoch, number = string.match(redis.call('GET', KEYS[3]) or '', '^(%x+):(%d+)$')
if not epoch then epoch, number = ARGV[1], 0 end
number = tonumber(number)
local before = {}
for i = 2, #ARGV, 3 do
  local id, content, bundled = ARGV[i], ARGV[i + 1], ARGV[i + 2] == '1'
  local stored = redis.call('HGET', KEYS[1], id)
  local existed = stored and stored ~= '' or not stored and bundled
  before[#before + 1] = existed and 1 or 0
  if existed or content ~= '' then
    number = number + 1
    redis.call('HSET', KEYS[1], id, content)
    redis.call('ZADD', KEYS[2], number, id)
  end
end
local version = epoch .. ':' .. string.format('%.0f', number)
redis.call('SET', KEYS[3], version)
return {version, before}
