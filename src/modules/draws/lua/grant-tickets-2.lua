-- grant-tickets: adds a granted amount to a participant's tickets, once for each row of the ledger.
--
-- KEYS  1 gate   2 the participant's hash
-- ARGV  1 epoch  2 the ledger row's id  3 amount (> 0)
--
-- Returns {'OK', balance} (also when the row was applied before), or {'RECOVERING'} where the gate is missing or of another epoch.

if redis.call('HGET', KEYS[1], 'e') ~= ARGV[1] then return {'RECOVERING'} end
local mark = 'g' .. ARGV[2]
if redis.call('HEXISTS', KEYS[2], mark) == 1 then return {'OK', tonumber(redis.call('HGET', KEYS[2], 't') or 0)} end
local balance = tonumber(redis.call('HGET', KEYS[2], 't') or 0) + tonumber(ARGV[3])
redis.call('HSET', KEYS[2], 't', balance, mark, 1)
return {'OK', balance}
