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
  if loser == '' and not string.find(winner, '%s') then
    return winner == '' and '' or ' ' .. winner
  end
  local kept, known, count = '', {}, 0
  for digest in string.gmatch(winner .. ' ' .. loser, '%S+') do
    if not known[digest] and count < REMEMBERED_EVENT_IDS then
      kept, known[digest], count = kept .. ' ' .. digest, true, count + 1
    end
  end
  return kept
end

-- Return what the one who stays has of a piece from now on, and whether it is the other's.
local function taken_over(given, stored)
  local at, value, digests = string.match(given, '^(%S+) (%S+) ?(.*)$')
  -- What can't be read gives way, and does not move.
  if not at or not tonumber(at) then return stored, false end
  local is_newer, stored_digests = true, ''
  if stored then
    local stored_at, stored_value, known = string.match(stored, '^(%S+) (%S+) ?(.*)$')
    stored_digests = known or ''
    if stored_at and tonumber(stored_at) then
      is_newer = tonumber(at) > tonumber(stored_at)
      -- What was only passed over never takes the place of an answer.
      if is_passed(value) ~= is_passed(stored_value) then
        is_newer = is_passed(stored_value)
      end
      if not is_newer then
        at, value, digests, stored_digests = stored_at, stored_value, stored_digests, digests
      end
    end
  end
  return at .. ' ' .. value .. both_digests(digests, stored_digests), is_newer
end

-- One call for many fields: the calls would take longer than all the rest.
local FIELDS_AT_ONCE = 500
local changed, moved, ignored, fields, entries = {}, 0, 0, {}, {}
for i = 6, #ARGV, 2 do
  if string.sub(ARGV[i], 1, 2) == 'f:' then
    fields[#fields + 1], entries[#entries + 1] = ARGV[i], ARGV[i + 1]
  end
end
for first = 1, #fields, FIELDS_AT_ONCE do
  local last, writes = math.min(first + FIELDS_AT_ONCE - 1, #fields), {}
  local known = redis.call('HMGET', target, unpack(fields, first, last))
  for i = first, last do
    local stored = known[i - first + 1]
    local entry, is_newer = taken_over(entries[i], stored)
    if entry and entry ~= stored then
      writes[#writes + 1], writes[#writes + 2] = fields[i], entry
    end
    if is_newer then
      changed[fields[i]] = true
      moved = moved + 1
    else
      ignored = ignored + 1
    end
  end
  if #writes > 0 then redis.call('HSET', target, unpack(writes)) end
end

-- What the next write counts anew.
if moved > 0 then redis.call('HDEL', target, 'tally', 'oldest') end
local limit, others = tonumber(ARGV[3]), 0
for _, value in ipairs(redis.call('HMGET', target, 'created', 'updated', 'version', 'attributes')) do
  if value then others = others + 1 end
end
local is_full = redis.call('HLEN', target) - others > limit
for field in pairs(moved > 0 and is_full and look_through(target, limit, 0) or {}) do
  if changed[field] then moved, ignored = moved - 1, ignored + 1 end
end
if ARGV[5] ~= '' then redis.call('HSET', target, 'attributes', ARGV[5]) end
if moved > 0 or ARGV[5] ~= '' then
  redis.call('HSETNX', target, 'created', now)
  touch(target, now, expiry)
  if moved > 0 then redis.call('HINCRBY', target, 'version', 1) end
end
return {moved, ignored, redis.call('HGETALL', target)}
