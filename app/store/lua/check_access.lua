-- Try what the service does with a kind of key, on one that no user or item has.
-- KEYS[1]  the key; it is gone afterwards
-- ARGV[1]  what it is: hash, zset or string
-- ARGV[2]  a channel to be announced on, or ''
-- Returns what the account may not do, in words: a command, `keys` or `channel`.
local key, refused = KEYS[1], {}
local tried = {
  hash = {
    {'HSET', key, 'field', '1'}, {'HSETNX', key, 'field', '1'}, {'HGET', key, 'field'},
    {'HMGET', key, 'field'}, {'HGETALL', key}, {'HLEN', key}, {'HKEYS', key}, {'HINCRBY', key, 'field', '1'},
    {'HDEL', key, 'other'}, {'EXISTS', key}, {'PTTL', key}, {'PEXPIRE', key, '60000'},
    {'EXPIRE', key, '60'}, {'PERSIST', key}, {'DEL', key},
  },
  zset = {
    {'ZADD', key, '1', 'member'}, {'ZSCORE', key, 'member'}, {'ZCARD', key},
    {'ZRANGEBYSCORE', key, '0', '1'}, {'ZREMRANGEBYRANK', key, '0', '-1'}, {'DEL', key},
  },
  string = {{'SET', key, '1'}, {'GET', key}, {'SETRANGE', key, '0', ''}, {'DEL', key}},
}
local commands = tried[ARGV[1]]
commands[#commands + 1] = {'TIME'}
if ARGV[2] ~= '' then commands[#commands + 1] = {'PUBLISH', ARGV[2], ''} end
for _, command in ipairs(commands) do
  local answer = redis.pcall(unpack(command))
  local refusal = type(answer) == 'table' and answer.err or ''
  -- Releases of the server say it in different words.
  if string.find(refusal, 'one of the keys') then
    return {'keys'}
  elseif string.find(refusal, 'channel') then
    refused[#refused + 1] = 'channel'
  elseif string.find(refusal, 'ermission') or string.find(refusal, "can't run") then
    refused[#refused + 1] = command[1]
  end
end
return refused
