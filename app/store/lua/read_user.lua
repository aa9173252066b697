-- Read a user, unless the caller knows the present state.
-- KEYS[1]  the user's hash
-- ARGV[1]  the revision that the caller knows, "<created> <updated>", or ''
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- Returns 1 if that is the present one, else all that is stored.
local expiry = tonumber(ARGV[2])
if expiry > 0 and redis.call('PTTL', KEYS[1]) < 0.9 * expiry then
  -- Who reads is not idle. Only now and then, for it is a write; a read-only server refuses it.
  redis.pcall('PEXPIRE', KEYS[1], ARGV[2])
end
if ARGV[1] ~= '' then
  local now = redis.call('HMGET', KEYS[1], 'created', 'updated')
  if now[1] and now[1] .. ' ' .. now[2] == ARGV[1] then return 1 end
end
return redis.call('HGETALL', KEYS[1])
