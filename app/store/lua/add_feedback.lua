-- Add feedback events to a user, all at once.
-- KEYS[1]  the user's hash
-- ARGV[1]  now, in microseconds since the epoch
-- ARGV[2]  milliseconds after which an idle user goes, 0 for never
-- ARGV[3]  most pieces of feedback to keep
-- ARGV[4]  the rule by which feedback counts as a rating
-- ARGV[5]… four values an event: item id, value, `at` in microseconds or '', event id or ''
-- Returns the numbers of events accepted and ignored, of ratings after that, and the version.
--
-- A feedback field holds "<at> <value> <digests of its newest event ids>". What was only passed over
-- never takes the place of an answer. Numbers are compared
-- as doubles, which hold microseconds exactly until the year 2255, and stored as they came.
local key, expiry, limit, rule = KEYS[1], ARGV[2], tonumber(ARGV[3]), rating_rule(ARGV[4])
-- Of a worker whose clock runs ahead, what it takes for now and for the past may still be to come.
local now = not_to_come(ARGV[1])
local REMEMBERED_EVENT_IDS = 4
local changed, accepted, ignored = {}, 0, 0
local tally = tally_of(key, rule)

local function seen_before(digests, digest)
  for known in string.gmatch(digests, '%S+') do
    if known == digest then return true end
  end
  return false
end

for i = 5, #ARGV, 4 do
  local field, value, at, event_id = 'f:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if at ~= '' and not_to_come(at) ~= at then at = '' end
  local digest = event_id ~= '' and string.sub(redis.sha1hex(event_id), 1, 10) or ''
  local stored = redis.call('HGET', key, field)
  local digests, is_new = '', true
  local old_at, old_value, old_digests = string.match(stored or '', '^(%S+) (%S+) ?(.*)$')
  -- What can't be read gives way.
  if old_at and tonumber(old_at) then
    digests = old_digests
    if digest ~= '' and seen_before(digests, digest) then
      is_new = false
    elseif is_passed(value) and not is_passed(old_value) then
      is_new = false
    elseif at ~= '' and tonumber(at) ~= tonumber(old_at) then
      is_new = tonumber(at) > tonumber(old_at)
    elseif at ~= '' then
      -- A change of mind within a second; the same value again is a retry.
      is_new = value ~= old_value
    else
      -- Without a time of its own, the same value again is a retry.
      is_new = value ~= old_value
    end
  end
  if is_new then
    if digest ~= '' then
      local kept, count = digest, 1
      for known in string.gmatch(digests, '%S+') do
        if count < REMEMBERED_EVENT_IDS then
          kept, count = kept .. ' ' .. known, count + 1
        end
      end
      digests = kept
    end
    local entry = (at ~= '' and at or now) .. ' ' .. value
    if digests ~= '' then entry = entry .. ' ' .. digests end
    redis.call('HSET', key, field, entry)
    tally.pieces = tally.pieces + (stored and 0 or 1)
    tally.ratings = tally.ratings + counts(rule, entry) - counts(rule, stored or '')
    changed[field] = time_of(entry)
    accepted = accepted + 1
  else
    ignored = ignored + 1
  end
end

-- An event that is too old to be kept changed nothing; sent again, it is ignored again.
local gone = accepted > 0 and trim_feedback(key, limit, tally, changed) or {}
for field, entry in pairs(gone) do
  tally.pieces, tally.ratings = tally.pieces - 1, tally.ratings - counts(rule, entry)
  if changed[field] then accepted, ignored = accepted - 1, ignored + 1 end
end
local version = redis.call('HGET', key, 'version') or 0
if accepted > 0 then
  redis.call('HSETNX', key, 'created', now)
  touch(key, now, expiry)
  version = redis.call('HINCRBY', key, 'version', 1)
end
if accepted > 0 or next(gone) or not tally.is_kept then keep_tally(key, rule, tally) end
return {accepted, ignored, tally.ratings, version}
