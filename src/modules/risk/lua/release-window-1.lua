-- release-window: gives back what reserve-window counted, if that window is still the one that runs.
-- KEYS[1] the window's counter
-- ARGV[1] draws to give back  [2] when their window ends, as reserve-window told
-- Returns 1: given back · 0: the window is over, and the counter another's
local back = tonumber(ARGV[1])
if not back then return redis.error_reply('ERR release-window: a number is missing') end
if redis.call('PEXPIRETIME', KEYS[1]) ~= tonumber(ARGV[2]) then return 0 end
local used = tonumber(redis.call('GET', KEYS[1]) or 0)
if used <= back then redis.call('DEL', KEYS[1]) else redis.call('DECRBY', KEYS[1], ARGV[1]) end
return 1
