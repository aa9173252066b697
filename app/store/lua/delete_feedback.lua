-- Delete a user's feedback on one item.
-- KEYS[1]  the user's hash
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  the rule by which feedback counts as a rating
-- ARGV[4]  item id
-- Returns 1 if there was any, else 0.
local key, field, rule = KEYS[1], 'f:' .. ARGV[4], rating_rule(ARGV[3])
local entry = redis.call('HGET', key, field)
if not entry then return 0 end
local tally = tally_of(key, rule)
redis.call('HDEL', key, field)
touch(key, ARGV[1], ARGV[2])
redis.call('HINCRBY', key, 'version', 1)
tally.pieces, tally.ratings = tally.pieces - 1, tally.ratings - counts(rule, entry)
keep_tally(key, rule, tally)
return 1
