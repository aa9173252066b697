-- Delete a user's feedback on one item.
-- KEYS[1]  the user's hash
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  item id
-- Returns 1 if there was any, else 0.
local removed = redis.call('HDEL', KEYS[1], 'f:' .. ARGV[3])
if removed == 1 then
  touch(KEYS[1], ARGV[1], ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return removed
