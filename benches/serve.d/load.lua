-- What wrk sends and what it says afterwards. The environment chooses:
--   BENCH_TOKENS  a file of tokens, one a line, presented in turn
--   BENCH_LOGINS  how many users sign in in turn, with the password in BENCH_PASSWORD
--   BENCH_DELAY   milliseconds between two requests of a connection, on average

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

-- Only defined where wanted: each of them costs wrk time.
if tokens or logins then
   function request()
      at = at % #requests + 1
      return requests[at]
   end
end

if pause then
   -- At random, so that the connections do not march in step.
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
