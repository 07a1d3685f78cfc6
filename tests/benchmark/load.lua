-- wrk's side of load.py: GETs or, given a prefix, one POST after another for the classes
-- PREFIX-0, PREFIX-1, ...; at the end one line of JSON. Nothing is sent any more once as many are
-- answered as the first argument says.

local prefix
local sent = 0

function init(arguments)
  local left = tonumber(arguments[1])
  prefix = arguments[2]
  if left > 0 then -- wrk works more where there is a response()
    function response()
      left = left - 1
      if left == 0 then
        wrk.thread:stop()
      end
    end
  end
end

function request()
  if prefix == nil then
    return wrk.format("GET", "/api/calendar")
  end
  local body = string.format('{"preferenceId": "%s-%d"}', prefix, sent)
  sent = sent + 1
  return wrk.format("POST", "/api/calendar", nil, body)
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "failed": %d, "median": %d, "p99": %d, "max": %d}\n',
    summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99), latency.max
  ))
end
