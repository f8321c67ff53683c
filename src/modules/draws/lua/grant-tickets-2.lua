-- grant-tickets: adds a granted amount to a participant's tickets, once for each row of the ledger.
--
-- KEYS  1 gate   2 the participant's hash
-- ARGV  1 epoch  2 the ledger row's id  3 amount (> 0)  4 when they expire, in ms; 0 = never
--
-- Returns {'OK', never, lots, freeDay}, also when the row was applied before, or {'RECOVERING'} where the gate is missing or of
-- another epoch. never: tickets that never expire; lots: 'expiryMs:amount;…' of those that are usable now; freeDay: the last
-- local day that has had its free tickets, '' = none.

if redis.call('HGET', KEYS[1], 'e') ~= ARGV[1] then return {'RECOVERING'} end
local mark = 'g' .. ARGV[2]
local state = redis.call('HMGET', KEYS[2], 't', 'tl', 'td', mark)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local tickets, granted = tonumber(state[1] or 0), state[4] and 0 or tonumber(ARGV[3])
if ARGV[4] == '0' then tickets, granted = tickets + granted, 0 end
if tonumber(ARGV[4]) <= now then granted = 0 end -- expired on its way

local lots = {}
for expiry, amount in string.gmatch(state[2] or '', '(%d+):(%d+)') do
  if granted > 0 and tonumber(expiry) >= tonumber(ARGV[4]) then
    if expiry == ARGV[4] then amount = tonumber(amount) + granted else lots[#lots + 1] = ARGV[4] .. ':' .. granted end
    granted = 0
  end
  if tonumber(expiry) > now then lots[#lots + 1] = expiry .. ':' .. amount end
end
if granted > 0 then lots[#lots + 1] = ARGV[4] .. ':' .. granted end

local lotsText = table.concat(lots, ';')
if not state[4] then redis.call('HSET', KEYS[2], 't', tickets, 'tl', lotsText, mark, 1) end
return {'OK', tickets, lotsText, state[3] or ''}
