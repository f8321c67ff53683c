-- Puts released units into a bucket, each row of the stock ledger once. Makes the bucket's counters where they are missing.
-- KEYS[1] stock  [2] applied
-- ARGV triples: ledger id, position, units (> 0); none only makes the bucket
-- Returns how many rows were new
for i = 1, #ARGV, 3 do
  local units = tonumber(ARGV[i + 2])
  if not units or units < 1 or not tonumber(ARGV[i + 1]) then return redis.error_reply('ERR apply-stock: units must be positive') end
end
redis.call('HSETNX', KEYS[1], 'q', 0)
redis.call('HSETNX', KEYS[1], 'tv', 0)
local new = 0
for i = 1, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 2]) == 1 then
    redis.call('HINCRBY', KEYS[1], 'p' .. ARGV[i + 1], ARGV[i + 2])
    new = new + 1
  end
end
return new
