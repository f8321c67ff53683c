-- Takes units of a prize out of a bucket, for another bucket: from now on they are in transit, and known here.
-- KEYS[1] stock  [2] out (both of the source)
-- ARGV[1] transfer id  [2] position, or an allowance's code  [3] units wanted  [4] destination bucket
--     [5] '' | the allowance's share of this bucket: what is taken counts as used here, until it is put as unused elsewhere
-- Returns {units taken, taken at ms}; {0, 0} when there are none. Repeated under the same id: what was taken then.
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before then
  local qty, at = string.match(before, '^%d+|(%d+)|%d+|(%d+)$')
  return {tonumber(qty), at}
end
local share = tonumber(ARGV[5])
local field = (share and 'a' or 'p') .. ARGV[2]
local have = tonumber(redis.call('HGET', KEYS[1], field) or '0')
if share then have = share - have end
local wanted = tonumber(ARGV[3])
if not wanted or wanted < 1 then return redis.error_reply('ERR take: units wanted must be positive') end
if not have or have < 1 then return {0, '0'} end
local qty = math.min(have, wanted)
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local units = string.format('%.0f', qty)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|' .. units .. '|' .. ARGV[4] .. '|' .. now)
redis.call('HINCRBY', KEYS[1], field, share and units or '-' .. units)
redis.call('HINCRBY', KEYS[1], 'tv', 1)
return {qty, now}
