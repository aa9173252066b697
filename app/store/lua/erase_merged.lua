-- Erase a user whom another has taken in: the second of the two steps of a merge. What was written
-- since the first began stays, as if that user had come back.
-- KEYS     everything of the user, the hash first
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  the channel of erasures
-- ARGV[4]  the digest of the user's id
-- ARGV[5]… all fields and values that were taken in, in turn
local key = KEYS[1]
-- One call for many fields: the calls would take longer than all the rest.
local ARGUMENTS_AT_ONCE = 1000
for first = 5, #ARGV, ARGUMENTS_AT_ONCE do
  local fields, gone = {}, {}
  local last = math.min(first + ARGUMENTS_AT_ONCE - 1, #ARGV)
  for i = first, last, 2 do fields[#fields + 1] = ARGV[i] end
  for place, value in ipairs(redis.call('HMGET', key, unpack(fields))) do
    if value and value == ARGV[first + 2 * place - 1] then gone[#gone + 1] = fields[place] end
  end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
end
local is_left = false
redis.call('HDEL', key, 'tally', 'oldest')
for _, field in ipairs(redis.call('HKEYS', key)) do
  if field ~= 'created' and field ~= 'updated' and field ~= 'version' then is_left = true end
end
redis.call('DEL', unpack(KEYS, is_left and 2 or 1))
if is_left then
  redis.call('HSET', key, 'created', not_to_come(ARGV[1]))
  touch(key, ARGV[1], ARGV[2])
  redis.call('HINCRBY', key, 'version', 1)
end
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
