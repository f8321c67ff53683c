-- Lets a process believe this gate for a moment without asking again, and notes until when somebody may: whoever changes
-- the gate waits that long. The gate of a campaign's first bucket speaks for all of them.
-- KEYS[1] gate
-- ARGV[1] epoch  [2] ms to believe it for
-- Returns {version, risk version, status, starts at, ends at, stock generation, run, now in ms}
--   {} where the gate is missing or of another epoch, or where stock is about to come
local at = redis.call('HMGET', KEYS[1], 'e', 'v', 'r', 's', 'f', 'u', 'g', 'n', 'h', 'l')
local ms = tonumber(ARGV[2])
if not ms or ms < 1 then return redis.error_reply('ERR lease-gate: the time must be positive') end
if at[1] ~= ARGV[1] then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if at[9] and tonumber(at[9]) > now then return {} end
local ends = now + ms
if not at[10] or tonumber(at[10]) < ends then redis.call('HSET', KEYS[1], 'l', string.format('%.0f', ends)) end
return {at[2], at[3], at[4], at[5], at[6], at[7] or '', at[8] or '', string.format('%.0f', now)}
