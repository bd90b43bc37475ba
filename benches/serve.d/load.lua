-- The requests that wrk sends, and the result that it prints. Controlled by the environment:
--   BENCH_TOKENS  a file with one token per line, sent in turn
--   BENCH_LOGINS  the number of users who sign in in turn, with the password in BENCH_PASSWORD
--   BENCH_DELAY   the average number of milliseconds between two requests of a connection

local tokens = os.getenv("BENCH_TOKENS")
local logins = tonumber(os.getenv("BENCH_LOGINS") or "")
local pause = tonumber(os.getenv("BENCH_DELAY") or "")

local requests = {}
local at = 0
local threads = {}
ok, busy, other = 0, 0, 0

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   if tokens then
      for token in io.lines(tokens) do
         wrk.headers["Authorization"] = "Bearer " .. token
         requests[#requests + 1] = wrk.format()
      end
   elseif logins then
      wrk.method = "POST"
      wrk.headers["Content-Type"] = "application/json"
      for user = 1, logins do
         wrk.body = string.format(
            '{"username":"user_%05d","password":"%s"}', user, os.getenv("BENCH_PASSWORD"))
         requests[#requests + 1] = wrk.format()
      end
   end
   if pause then
      math.randomseed(os.time())
   end
end

-- These functions are defined only if needed, because they slow wrk down.
if tokens or logins then
   function request()
      at = at % #requests + 1
      return requests[at]
   end
end

if pause then
   -- Random, so that the connections do not send in step.
   function delay()
      return math.random(0, 2 * pause)
   end
end

if logins then
   function response(status)
      if status == 200 then
         ok = ok + 1
      elseif status == 503 then
         busy = busy + 1
      else
         other = other + 1
      end
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   local sum = { ok = 0, busy = 0, other = 0 }
   for _, thread in ipairs(threads) do
      for name in pairs(sum) do
         sum[name] = sum[name] + thread:get(name)
      end
   end
   io.write(string.format(
      'RESULT {"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p99":%d,"max":%d,'
         .. '"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d,'
         .. '"ok":%d,"busy":%d,"other":%d}\n',
      summary.requests, summary.duration, summary.bytes,
      latency:percentile(50), latency:percentile(99), latency.max,
      errors.connect, errors.read, errors.write, errors.timeout, errors.status,
      sum.ok, sum.busy, sum.other))
end
