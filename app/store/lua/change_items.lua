-- Put or delete items, all at once.
-- KEYS[1]  hash: item id -> what was put, as JSON, or '' for a deleted item
-- KEYS[2]  sorted set: item id by the number of its newest change
-- KEYS[3]  the catalogue's version, "<id of the newest write>:<number of the newest change>"
-- KEYS[4]  sorted set: the ids of the newest writes by the number of the last change of each
-- ARGV[1]  an id for this write
-- ARGV[2]  most ids to keep
-- ARGV[3]… three values an item: item id, JSON or '', 1 if the model's bundle has the item
-- Returns the version after that, and for each item whether it was there before. A deletion of an
-- item that is not there changes nothing.
local id_before, number_before = string.match(redis.call('GET', KEYS[3]) or '', '^(%x+):(%d+)$')
local number = tonumber(number_before or 0)
local before = {}
for i = 3, #ARGV, 3 do
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
if id_before and number == tonumber(number_before) then
  return {id_before .. ':' .. number_before, before}
end
local version = ARGV[1] .. ':' .. string.format('%.0f', number)
redis.call('SET', KEYS[3], version)
redis.call('ZADD', KEYS[4], number, ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -tonumber(ARGV[2]) - 1)
return {version, before}
