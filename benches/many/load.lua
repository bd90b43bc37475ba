-- Sends requests with a random header from a file with one header per line: `Name: value`.

local requests = {}

function init(arguments)
    for line in io.lines(arguments[1]) do
        local name, value = line:match("^([^:]+): (.+)$")
        requests[#requests + 1] = wrk.format("GET", nil, { [name] = value })
    end
    math.randomseed(os.time())
end

function request()
    return requests[math.random(#requests)]
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        "result %d %d %d\n", latency:percentile(50), summary.requests, failed))
end
