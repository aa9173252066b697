-- Set a user's attributes.
-- KEYS[1]  the user's hash
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  the rule by which feedback counts as a rating
-- ARGV[4]  attributes as JSON
-- Returns whether the user was new, the number of ratings, and version, `created` and `updated`.
local key, rule = KEYS[1], rating_rule(ARGV[3])
local is_new = 1 - redis.call('EXISTS', key)
redis.call('HSETNX', key, 'created', ARGV[1])
redis.call('HSET', key, 'attributes', ARGV[4])
touch(key, ARGV[1], ARGV[2])
local tally = tally_of(key, rule)
if not tally.is_kept then keep_tally(key, rule, tally) end
local now = redis.call('HMGET', key, 'version', 'created', 'updated')
return {is_new, tally.ratings, now[1] or '0', now[2], now[3]}
