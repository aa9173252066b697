-- Give a user what is stored of another: the first of the two steps of a merge. Repeated, it changes
-- nothing more.
-- KEYS[1]  the user who stays
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  most pieces of feedback to keep
-- ARGV[4]  the attributes of the user who stays as the caller read them, or ''
-- ARGV[5]  those of both users together, or '' if the first stay as they are
-- ARGV[6]… all fields and values of the user who goes, in turn
-- Returns the number of pieces that moved, of those that did not, and all that is stored; or
-- nothing if the attributes are not what the caller read.
local target, now, expiry = KEYS[1], not_to_come(ARGV[1]), ARGV[2]
local REMEMBERED_EVENT_IDS = 4
if (redis.call('HGET', target, 'attributes') or '') ~= ARGV[4] then return false end

-- Whoever sent an event under the one name may send it again under the other.
local function both_digests(winner, loser)
  local kept, known, count = '', {}, 0
  for digest in string.gmatch(winner .. ' ' .. loser, '%S+') do
    if not known[digest] and count < REMEMBERED_EVENT_IDS then
      kept, known[digest], count = kept .. ' ' .. digest, true, count + 1
    end
  end
  return kept
end

local changed, moved, ignored = {}, 0, 0
for i = 6, #ARGV, 2 do
  local field = ARGV[i]
  if string.sub(field, 1, 2) == 'f:' then
    local at, value, digests = string.match(ARGV[i + 1], '^(%S+) (%S+) ?(.*)$')
    local stored = redis.call('HGET', target, field)
    local is_newer, stored_digests = true, ''
    local stored_at, stored_value
    if stored then
      stored_at, stored_value, stored_digests = string.match(stored, '^(%S+) (%S+) ?(.*)$')
    end
    -- What can't be read gives way, and does not move.
    local is_readable = at and tonumber(at)
    if stored_at and tonumber(stored_at) and is_readable then
      is_newer = tonumber(at) > tonumber(stored_at)
      -- What was only passed over never takes the place of an answer.
      if is_passed(value) ~= is_passed(stored_value) then
        is_newer = is_passed(stored_value)
      end
      if not is_newer then
        at, value, digests, stored_digests = stored_at, stored_value, stored_digests, digests
      end
    end
    if not is_readable then
      is_newer = false
    else
      local entry = at .. ' ' .. value .. both_digests(digests, stored_digests or '')
      if entry ~= stored then redis.call('HSET', target, field, entry) end
    end
    if is_newer then
      changed[field] = true
      moved = moved + 1
    else
      ignored = ignored + 1
    end
  end
end

-- What the next write counts anew.
if moved > 0 then redis.call('HDEL', target, 'tally', 'oldest') end
for field in pairs(moved > 0 and look_through(target, tonumber(ARGV[3]), 0) or {}) do
  if changed[field] then moved, ignored = moved - 1, ignored + 1 end
end
if ARGV[5] ~= '' then redis.call('HSET', target, 'attributes', ARGV[5]) end
if moved > 0 or ARGV[5] ~= '' then
  redis.call('HSETNX', target, 'created', now)
  touch(target, now, expiry)
  if moved > 0 then redis.call('HINCRBY', target, 'version', 1) end
end
return {moved, ignored, redis.call('HGETALL', target)}
