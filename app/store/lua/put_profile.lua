-- Set a user's attributes.
-- KEYS[1]  the user's hash
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  attributes as JSON
-- Returns whether the user was new, and all that is stored.
local is_new = 1 - redis.call('EXISTS', KEYS[1])
redis.call('HSETNX', KEYS[1], 'created', ARGV[1])
redis.call('HSET', KEYS[1], 'attributes', ARGV[3])
touch(KEYS[1], ARGV[1], ARGV[2])
return {is_new, redis.call('HGETALL', KEYS[1])}
