-- Note the time of a write; this goes before every script that writes.
-- Two writes within a microsecond, or a clock set back, must not leave the user's time as it was:
-- it names the state.
local function touch(key, now)
  local before = redis.call('HGET', key, 'updated')
  if before and tonumber(before) >= tonumber(now) then
    now = string.format('%.0f', tonumber(before) + 1)
  end
  redis.call('HSET', key, 'updated', now)
end

