-- Takes units of a prize out of a bucket, for another bucket: from now on they are in transit, and known here.
-- KEYS[1] stock  [2] out (both of the source)
-- ARGV[1] transfer id  [2] position  [3] units wanted  [4] destination bucket
-- Returns {units taken, taken at ms}; {0, 0} when there are none. Repeated under the same id: what was taken then.
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before then
  local qty, at = string.match(before, '^%d+|(%d+)|%d+|(%d+)$')
  return {tonumber(qty), at}
end
local field = 'p' .. ARGV[2]
local have = tonumber(redis.call('HGET', KEYS[1], field) or '0')
local wanted = tonumber(ARGV[3])
if not wanted or wanted < 1 then return redis.error_reply('ERR take: units wanted must be positive') end
if not have or have < 1 then return {0, '0'} end
local qty = math.min(have, wanted)
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local units = string.format('%.0f', qty)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|' .. units .. '|' .. ARGV[4] .. '|' .. now)
redis.call('HINCRBY', KEYS[1], field, '-' .. units)
redis.call('HINCRBY', KEYS[1], 'tv', 1)
return {qty, now}
