-- Says that stock was added, or is about to be: whoever knew a prize to be gone everywhere must look again.
-- KEYS[1] gate
-- ARGV[1] epoch  [2] ms for which nobody may take the campaign for sold out, as stock is on its way; 0: it lies there
-- Returns {the new stock generation, ms for which the gate is still believed by somebody}; {0, 0} where the gate is not of this epoch
local at = redis.call('HMGET', KEYS[1], 'e', 'l')
local hold = tonumber(ARGV[2])
if not hold then return redis.error_reply('ERR grow-gate: the time must be a number') end
if at[1] ~= ARGV[1] then return {0, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if hold > 0 then redis.call('HSET', KEYS[1], 'h', string.format('%.0f', now + hold)) else redis.call('HDEL', KEYS[1], 'h') end
return {redis.call('HINCRBY', KEYS[1], 'g', 1), math.max(0, (tonumber(at[2]) or 0) - now)}
