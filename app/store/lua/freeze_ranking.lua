-- Keep a ranking, so that later pages of it show the same.
-- KEYS[1]  the hash of lists
-- KEYS[2]  the user's hash
-- ARGV[1]  list id
-- ARGV[2]  the list
-- ARGV[3]  seconds to keep it
-- ARGV[4]  most lists to keep in the hash
-- ARGV[5]  when the user was created, in microseconds since the epoch
-- Returns 1, or 0 if the user has been erased meanwhile: then nothing may be kept.
local key, id = KEYS[1], ARGV[1]
if redis.call('HGET', KEYS[2], 'created') ~= ARGV[5] then return 0 end

-- A list is gone in an hour and can mostly be computed again. So it is not worth a flush to disk:
-- it goes neither to the append-only file nor to replicas. That the user is erased does.
redis.set_repl(redis.REPL_NONE)

local kept = {}
for known in string.gmatch(redis.call('HGET', key, 'order') or '', '%S+') do
  if known ~= id then kept[#kept + 1] = known end
end
while #kept >= tonumber(ARGV[4]) do
  redis.call('HDEL', key, table.remove(kept, 1))
end
kept[#kept + 1] = id
redis.call('HSET', key, id, ARGV[2], 'order', table.concat(kept, ' '))
redis.call('EXPIRE', key, ARGV[3])
return 1
