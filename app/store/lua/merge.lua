-- Move a user's feedback and attributes to another user, and erase the first.
-- KEYS[1]  the user who stays
-- KEYS[2]… everything of the user who goes, the hash first
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  most pieces of feedback to keep
-- ARGV[4]  the attributes of the user who stays as the caller read them, or ''
-- ARGV[5]  those of the user who goes
-- ARGV[6]  both together, or '' if the first stay as they are
-- ARGV[7]  the channel of erasures
-- ARGV[8]  the digest of the id of the user who goes
-- Returns the number of pieces that moved, of those that did not, and all that is stored; or
-- nothing if attributes are not what the caller read.
local target, source, now, expiry = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local REMEMBERED_EVENT_IDS = 4
if (redis.call('HGET', target, 'attributes') or '') ~= ARGV[4]
  or (redis.call('HGET', source, 'attributes') or '') ~= ARGV[5] then
  return false
end

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
local flat = redis.call('HGETALL', source)
for i = 1, #flat, 2 do
  local field = flat[i]
  if string.sub(field, 1, 2) == 'f:' then
    local at, value, digests = string.match(flat[i + 1], '^(%S+) (%S+) ?(.*)$')
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
      if (value == 'passed') ~= (stored_value == 'passed') then
        is_newer = stored_value == 'passed'
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

for field in pairs(moved > 0 and trim_feedback(target, tonumber(ARGV[3])) or {}) do
  if changed[field] then moved, ignored = moved - 1, ignored + 1 end
end
if ARGV[6] ~= '' then redis.call('HSET', target, 'attributes', ARGV[6]) end
if moved > 0 or ARGV[6] ~= '' then
  redis.call('HSETNX', target, 'created', now)
  touch(target, now, expiry)
  if moved > 0 then redis.call('HINCRBY', target, 'version', 1) end
end
redis.call('DEL', unpack(KEYS, 2))
redis.call('PUBLISH', ARGV[7], ARGV[8])
return {moved, ignored, redis.call('HGETALL', target)}
