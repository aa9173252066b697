-- Read a user, unless the caller knows the present state.
-- KEYS[1]  the user's hash
-- ARGV[1]  the revision that the caller knows, "<created> <updated>", or ''
-- Returns 1 if that is the present one, else all that is stored.
if ARGV[1] ~= '' then
  local now = redis.call('HMGET', KEYS[1], 'created', 'updated')
  if now[1] and now[1] .. ' ' .. now[2] == ARGV[1] then return 1 end
end
return redis.call('HGETALL', KEYS[1])
