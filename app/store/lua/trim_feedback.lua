-- More than these are not looked for one by one; sorting all takes less.
local FEW_TO_FIND = 512
-- So many of the next pieces to go are remembered in the field `oldest`, a line "<time> <field>" each,
-- so that only one of as many writes to a user who is full has to look through all.
local REMEMBERED_OLDEST = 128
local FEW_LINES = 16
local LINE = '(%d+) ([^\n]+)'

-- What can't be read goes first.
local function time_of(entry)
  local time = tonumber(string.match(entry, '^%S+') or '')
  return time and time == time and time or 0 -- `nan` is a number to Lua, and can't be sorted
end

-- Whether a piece, {time, field}, goes before another: the oldest, of equal times those that are
-- listed last.
local function goes_before(one, other)
  if one[1] ~= other[1] then return one[1] < other[1] end
  return one[2] > other[2]
end

-- Return the first `count` pieces to go, {time, field, what it holds}, in this order.
local function first_few_to_go(flat, count)
  local found = {}
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 2) == 'f:' then
      local time, last = time_of(flat[i + 1]), found[#found]
      if #found < count or time <= last[1] then
        local piece, low, high = {time, flat[i], flat[i + 1]}, 1, #found + 1
        while low < high do
          local middle = math.floor((low + high) / 2)
          if goes_before(found[middle], piece) then low = middle + 1 else high = middle end
        end
        table.insert(found, low, piece)
        if #found > count then table.remove(found) end
      end
    end
  end
  return found
end

-- Return the same pieces in any order, however many. Numbers are sorted far faster than pieces.
local function first_to_go(flat, count)
  local times, found, equal = {}, {}, {}
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 2) == 'f:' then times[#times + 1] = time_of(flat[i + 1]) end
  end
  table.sort(times)
  local last = times[math.min(count, #times)]
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 2) == 'f:' then
      local time = time_of(flat[i + 1])
      if time < last then
        found[#found + 1] = {time, flat[i], flat[i + 1]}
      elseif time == last then
        equal[#equal + 1] = {time, flat[i], flat[i + 1]}
      end
    end
  end
  table.sort(equal, goes_before)
  for i = 1, math.min(#equal, count - #found) do found[#found + 1] = equal[i] end
  return found
end

-- What `oldest` holds of pieces from one on; twice as many as are looked for, where feedback of long
-- ago came in between.
local function lines_of(pieces, first)
  local lines = {}
  for i = first, math.min(#pieces, first + 2 * REMEMBERED_OLDEST - 1) do
    lines[#lines + 1] = string.format('%.0f', pieces[i][1]) .. ' ' .. pieces[i][2]
  end
  return table.concat(lines, '\n')
end

-- Delete pieces until `limit` are left, and return what each field held. `remembered` more are noted
-- as the next to go.
local function look_through(key, limit, remembered)
  local gone, flat, excess = {}, redis.call('HGETALL', key), -limit
  for i = 1, #flat, 2 do
    if string.sub(flat[i], 1, 2) == 'f:' then excess = excess + 1 end
  end
  if excess <= 0 then return gone end
  local count, found = excess + remembered, nil
  if count <= FEW_TO_FIND then
    found = first_few_to_go(flat, count)
  else
    found = first_to_go(flat, count)
    if remembered > 0 then table.sort(found, goes_before) end
  end
  for i = 1, excess do
    redis.call('HDEL', key, found[i][2])
    gone[found[i][2]] = found[i][3]
  end
  if remembered > 0 then redis.call('HSET', key, 'oldest', lines_of(found, excess + 1)) end
  return gone
end

-- Delete a user's oldest feedback until no more than `limit` pieces are left. `tally` is that of what
-- is stored now, from before the write; `changed` has the time of each field that was written since.
-- Returns what each field that went held.
local function trim_feedback(key, limit, tally, changed)
  local gone, excess = {}, tally.pieces - limit
  local text = redis.call('HGET', key, 'oldest')
  local bound_time, bound_field = string.match('\n' .. (text or ''), '^.*\n' .. LINE .. '$')
  if bound_time then
    -- Each piece that goes before the last line, or is it, has a line; some lines are of pieces that
    -- were changed or deleted since.
    local bound, queue = {tonumber(bound_time), bound_field}, {}
    for field, time in pairs(changed) do
      local piece = {time, field}
      if not goes_before(bound, piece) then queue[#queue + 1] = piece end
    end
    local is_late = #queue > 0
    if is_late then
      for time, field in string.gmatch(text, LINE) do
        queue[#queue + 1] = {tonumber(time), field}
      end
      table.sort(queue, goes_before)
      text = lines_of(queue, 1)
    end
    local passed, behind = 0, 1
    while excess > 0 do
      local _, last, time, field = string.find(text, LINE, behind)
      if not last then break end
      local entry = redis.call('HGET', key, field)
      if entry and time_of(entry) == tonumber(time) then
        redis.call('HDEL', key, field)
        gone[field], excess = entry, excess - 1
      end
      passed, behind = passed + 1, last + 1
    end
    -- To pass over a few lines again takes less than to write the rest.
    if is_late or passed > FEW_LINES then
      local rest = string.sub(text, behind)
      if rest == '' then
        redis.call('HDEL', key, 'oldest')
      else
        redis.call('HSET', key, 'oldest', rest)
      end
    end
  end
  if excess > 0 then
    local remembered = tally.pieces > MANY and REMEMBERED_OLDEST or 0
    for field, entry in pairs(look_through(key, limit, remembered)) do gone[field] = entry end
  end
  return gone
end
