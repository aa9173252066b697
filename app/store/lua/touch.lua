-- What every script that writes begins with.

-- Note the time of a write, and put off the day when an idle user goes (0: never).
-- Two writes within a microsecond, or a clock set back, must not leave the user's time as it was:
-- it names the state.
local function touch(key, now, expiry)
  local before = redis.call('HGET', key, 'updated')
  if before and tonumber(before) >= tonumber(now) then
    now = string.format('%.0f', tonumber(before) + 1)
  end
  redis.call('HSET', key, 'updated', now)
  if tonumber(expiry) > 0 then
    redis.call('PEXPIRE', key, expiry)
  else
    redis.call('PERSIST', key)
  end
end
