-- To look for a few takes less than to sort all, and one too many is the usual case.
local FEW_TO_TRIM = 4

-- Delete a user's oldest feedback until no more than `limit` pieces are left; of equal times those
-- that are listed last. Returns the fields that went, as a set.
local function trim_feedback(key, limit)
  local gone = {}
  -- Beside the feedback there are at most four fields.
  if redis.call('HLEN', key) <= limit then return gone end
  local pieces, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 2) == 'f:' then
      pieces[#pieces + 1] = {tonumber(string.match(flat[i + 1], '^%S+') or '') or 0, flat[i]}
    end
  end
  local excess = #pieces - limit
  if excess <= 0 then return gone end
  local function goes_before(one, other)
    if one[1] ~= other[1] then return one[1] < other[1] end
    return one[2] > other[2]
  end
  local is_sorted = excess > FEW_TO_TRIM
  if is_sorted then table.sort(pieces, goes_before) end
  for i = 1, excess do
    if not is_sorted then
      local first = i
      for other = i + 1, #pieces do
        if goes_before(pieces[other], pieces[first]) then first = other end
      end
      pieces[i], pieces[first] = pieces[first], pieces[i]
    end
    redis.call('HDEL', key, pieces[i][2])
    gone[pieces[i][2]] = true
  end
  return gone
end
