-- Erase a user, and let every worker know.
-- KEYS     everything of the user
-- ARGV[1]  the channel of erasures
-- ARGV[2]  the digest of the user's id
redis.call('DEL', unpack(KEYS))
redis.call('PUBLISH', ARGV[1], ARGV[2])
