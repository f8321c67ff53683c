-- Counts what one process has admitted in the rate of all processes together (GCRA).
-- KEYS[1] the rate. ARGV: micros between two requests (with fractions: 400 000 a second are 2.5), how many were admitted (less than none: given back).
-- Returns how many micros the next request lies ahead, were they evenly spaced.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local due = tonumber(redis.call('GET', KEYS[1]) or '0')
if due < now then due = now end
due = due + tonumber(ARGV[1]) * tonumber(ARGV[2])
if due < now then due = now end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1000)
return string.format('%.0f', due - now)
