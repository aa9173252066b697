-- Note which items a user was shown, so that feedback can be attributed to their list.
-- KEYS[1]  the hash of lists shown
-- KEYS[2]  the user's hash
-- ARGV[1]  list id
-- ARGV[2]  what the list is counted under, if it is new
-- ARGV[3]  seconds to keep it
-- ARGV[4]  most lists to keep in the hash
-- ARGV[5]  when the user was created, in microseconds since the epoch; '' to add to a known list only
-- ARGV[6]… ids of the items
-- Returns 1 for a list that was not known.
--
-- A field holds "<counted under>/<a digit an item>/<item id>/<item id>…"; no id has a `/`. Digits are
-- those of mark_answers.lua.
local key, id = KEYS[1], ARGV[1]
local stored = redis.call('HGET', key, id)
if not stored and (ARGV[5] == '' or redis.call('HGET', KEYS[2], 'created') ~= ARGV[5]) then
  return 0
end
local under, marks, items = ARGV[2], '', ''
if stored then under, marks, items = string.match(stored, '^([^/]*)/([^/]*)(.*)$') end
local is_changed = not stored
for i = 6, #ARGV do
  local item = '/' .. ARGV[i]
  if not string.find(items .. '/', item .. '/', 1, true) then
    items, marks, is_changed = items .. item, marks .. '0', true
  end
end
if not is_changed then return 0 end
redis.call('HSET', key, id, under .. '/' .. marks .. items)
if not stored then
  local kept = {}
  for known in string.gmatch(redis.call('HGET', key, 'order') or '', '%S+') do
    kept[#kept + 1] = known
  end
  while #kept >= tonumber(ARGV[4]) do
    redis.call('HDEL', key, table.remove(kept, 1))
  end
  kept[#kept + 1] = id
  redis.call('HSET', key, 'order', table.concat(kept, ' '))
end
redis.call('EXPIRE', key, ARGV[3])
return stored and 0 or 1
