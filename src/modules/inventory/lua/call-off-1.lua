-- Closes a bucket to a reduction that found too few units: it can take none any more.
-- KEYS[1] applied
-- ARGV[1] ledger id of the reduction
-- Returns 1 when it is called off, 0 when it has its units already
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before then return before == '0' and 1 or 0 end
redis.call('HSET', KEYS[1], ARGV[1], '0')
return 1
