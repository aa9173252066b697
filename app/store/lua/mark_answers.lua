-- Mark items of lists that a user was shown as answered; a mark that is there tells nothing new, so
-- that no answer counts twice, however often it is sent.
-- KEYS[1]  the hash of lists shown, as note_served.lua writes it
-- ARGV     three values an answer: list id, item id, and the sum of 1 answered, 2 liked, 4 rated
-- Returns a text for each: '' where the user was not shown the item on that list, else
-- "<what the list is counted under>/<sum of the new marks>/<1 if it is the first liked of the list>".
local LIKED = '[2367]'
local key, told = KEYS[1], {}
for i = 1, #ARGV, 3 do
  local stored = redis.call('HGET', key, ARGV[i])
  local found = ''
  if stored then
    local under, marks, items = string.match(stored, '^([^/]*)/([^/]*)(.*)$')
    local place, at = 0, 0
    for item in string.gmatch(items, '/([^/]*)') do
      place = place + 1
      if item == ARGV[i + 1] then at = place end
    end
    if at > 0 then
      local before = tonumber(string.sub(marks, at, at))
      local after = bit.bor(before, tonumber(ARGV[i + 2]))
      local accepted = string.find(marks, LIKED)
      marks = string.sub(marks, 1, at - 1) .. after .. string.sub(marks, at + 1)
      local first = not accepted and string.find(marks, LIKED)
      if after ~= before then redis.call('HSET', key, ARGV[i], under .. '/' .. marks .. items) end
      found = under .. '/' .. (after - before) .. '/' .. (first and 1 or 0)
    end
  end
  told[#told + 1] = found
end
return told
