-- Returns a transfer's units to the bucket that they came from. Only for one that was never put and can no longer be.
-- KEYS[1] stock  [2] out  [3] due (all of the source)
-- ARGV[1] transfer id
-- Returns the units given back; 0 when the transfer is not under way
local record = redis.call('HGET', KEYS[2], ARGV[1])
if not record then return 0 end
local position, qty, popped = string.match(record, '^(%d+)|(%d+)|%d+|%d+|?(.*)$')
if not position then return redis.error_reply('ERR give-back: unreadable record') end
local scored, amount = {}, 0
for ms, name, own in string.gmatch(popped, '(%d+);(%x+:%d+:%d+:%d+:(%d*))') do
  scored[#scored + 1] = ms
  scored[#scored + 1] = name
  amount = amount + (tonumber(own) or 0)
end
redis.call('HDEL', KEYS[2], ARGV[1])
if tonumber(position) >= 9999 then redis.call('HINCRBY', KEYS[1], 'a' .. position, '-' .. qty) -- an allowance's: not used after all
else redis.call('HINCRBY', KEYS[1], 'p' .. position, qty) end
redis.call('HINCRBY', KEYS[1], 'tv', 1)
if #scored > 0 then
  redis.call('ZADD', KEYS[3], unpack(scored))
  redis.call('HINCRBY', KEYS[1], 'z' .. position, string.format('%.0f', amount))
end
return tonumber(qty)
