-- What every script that writes begins with.

-- The earlier of a worker's time and the store's own, in microseconds.
local function not_to_come(time)
  local clock = redis.call('TIME')
  local here = tonumber(clock[1]) * 1e6 + tonumber(clock[2])
  if tonumber(time) > here then return string.format('%.0f', here) end
  return time
end

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

-- What was only passed over on a screen, however it was weighed and whoever asked.
local function is_passed(value)
  return string.match(value, '^[^*?]+') == 'passed'
end
