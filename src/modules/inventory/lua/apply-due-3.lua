-- Puts popped units into a bucket: a row of the stock ledger, in pieces that follow one another.
-- KEYS[1] stock  [2] applied  [3] due
-- ARGV[1] ledger id  [2] position  [3] units of this row that were put before this piece
-- ARGV then pairs: ms, unit ('rank:lot:number:position:amount or nothing')
-- Returns how many units of the row the bucket has had: what was put before, when another was faster or slower
local had = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
if had ~= tonumber(ARGV[3]) then return had end
local amount, units = 0, (#ARGV - 3) / 2
for i = 4, #ARGV, 2 do
  local position, own = string.match(ARGV[i + 1] or '', '^%x+:%d+:%d+:(%d+):(%d*)$')
  if position ~= ARGV[2] or not tonumber(ARGV[i]) then return redis.error_reply('ERR apply-due: a unit is not of this prize') end
  amount = amount + (tonumber(own) or 0)
end
if units < 1 then return had end
redis.call('HSETNX', KEYS[1], 'q', 0)
redis.call('HSETNX', KEYS[1], 'tv', 0)
redis.call('ZADD', KEYS[3], unpack(ARGV, 4))
redis.call('HINCRBY', KEYS[1], 'p' .. ARGV[2], units)
-- Its presence says that the prize's units here are popped; its value is what those with an amount of their own are worth together.
redis.call('HINCRBY', KEYS[1], 'z' .. ARGV[2], string.format('%.0f', amount))
redis.call('HSET', KEYS[2], ARGV[1], had + units)
return had + units
