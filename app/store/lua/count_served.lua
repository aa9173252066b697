-- Add to what is counted of a day's lists.
-- KEYS[1]  the day's hash
-- ARGV[1]  seconds to keep it
-- ARGV[2]  most fields; beyond it no new one is made
-- ARGV[3]… field and number in turn; a number to be added, or a text to be kept where none is
local key, most = KEYS[1], tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
  if redis.call('HLEN', key) < most or redis.call('HGET', key, ARGV[i]) then
    if string.match(ARGV[i + 1], '^-?%d+$') then
      redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1])
    else
      redis.call('HSETNX', key, ARGV[i], ARGV[i + 1])
    end
  end
end
redis.call('EXPIRE', key, ARGV[1])
return 1
