-- Erase a user, and let every worker know.
-- KEYS     everything of the user, the hash first
-- ARGV[1]  the channel of erasures
-- ARGV[2]  the digest of the user's id
-- Returns how many of them there were.
local erased = redis.call('DEL', unpack(KEYS))
-- What is done is done, whether or not the channel may be used.
redis.pcall('PUBLISH', ARGV[1], ARGV[2])
return erased
