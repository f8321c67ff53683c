-- Takes units of a prize out of a bucket for good, once per reduction: all that is asked, or nothing.
-- KEYS[1] stock  [2] applied
-- ARGV[1] ledger id of the reduction  [2] position  [3] units (> 0)
-- Returns 1 when this reduction has its units, now or before · 0 when there are too few · -1 when it was called off
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before then return before == '0' and -1 or 1 end
local field = 'p' .. ARGV[2]
local have = tonumber(redis.call('HGET', KEYS[1], field) or '0')
local units = tonumber(ARGV[3])
if not have or not units or units < 1 then return redis.error_reply('ERR withdraw: units must be positive') end
if have < units then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], '-' .. ARGV[3])
redis.call('HINCRBY', KEYS[1], field, '-' .. ARGV[3])
return 1
