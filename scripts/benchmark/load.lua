-- What wrk sends: the requests of a file in their order, each "METHOD<tab>PATH<tab>BODY".
-- Arguments: the file; connections; "once" or "again" and again; requests a second, 0 for as
-- many as the server takes.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
  int getpid(void);
  int kill(int process, int signal);
]])
local MONOTONIC, INTERRUPT = 1, 2
local FOREVER = 3600000
local moment = ffi.new("moment")

local function milliseconds()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
end

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

local requests, connections, once, interval = {}, 0, false, 0
local sent, asked = 0, 0
-- Read by done() in another Lua state, so these are global.
answers, first_sent, last_answer, worst_delay = 0, 0, 0, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match("^(%S+)\t(%S+)\t(.*)$")
    local headers = { ["Host"] = wrk.headers["Host"] }
    if body ~= "" then headers["Content-Type"] = "application/json" end
    table.insert(requests, wrk.format(method, path, headers, body ~= "" and body or nil))
  end
  connections, once = tonumber(arguments[2]), arguments[3] == "once"
  local rate = tonumber(arguments[4])
  interval = rate > 0 and 1000 / rate or 0
end

-- wrk asks for the delay of a connection when that has connected, and after each answer.
function delay()
  local now = milliseconds()
  asked = asked + 1
  if asked > connections then
    answers, last_answer = asked - connections, now
  end
  if once and asked > #requests then
    -- All are sent; the last answer ends the run before its time.
    if answers >= #requests then ffi.C.kill(ffi.C.getpid(), INTERRUPT) end
    return FOREVER
  end
  if first_sent == 0 then first_sent = now end
  -- A constant rate: request i is due at i intervals, whatever became of those before.
  local due = first_sent + asked * interval
  if interval > 0 and now > due then worst_delay = math.max(worst_delay, now - due) end
  return math.max(0, math.ceil(due - now))
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local thread, errors = threads[1], summary.errors
  io.write(string.format(
    'RESULT {"answers": %d, "seconds": %.6f, "errors": %d, "p50_ms": %.3f, "p99_ms": %.3f, '
      .. '"worst_delay_ms": %.3f}\n',
    thread:get("answers"),
    (thread:get("last_answer") - thread:get("first_sent")) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    thread:get("worst_delay")
  ))
end
