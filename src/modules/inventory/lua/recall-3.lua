-- Takes all units of a prize out of a bucket, for the vault: from now on they are in transit, and known here.
-- KEYS[1] stock  [2] out  [3] due
-- ARGV[1] transfer id  [2] position  [3] the step of the release schedule that they make room for  [4] where to: as no bucket's number
-- Returns {units taken, taken at ms}; {0, 0} when there are none, or when the step was released before: its units may lie here.
-- Repeated under the same id: what was taken then.
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before then
  local qty, at = string.match(before, '^%d+|(%d+)|%d+|(%d+)$')
  return {tonumber(qty), at}
end
local step = tonumber(ARGV[3])
if not step or not tonumber(ARGV[2]) then return redis.error_reply('ERR recall: position and step must be numbers') end
local at = redis.call('HMGET', KEYS[1], 'p' .. ARGV[2], 's' .. ARGV[2])
if tonumber(at[2] or '0') >= step then return {0, '0'} end
local qty = tonumber(at[1] or '0')
if not qty or qty < 1 then return {0, '0'} end
if redis.call('HEXISTS', KEYS[1], 'z' .. ARGV[2]) == 1 then
  -- Popped units: all of them, so that what they are need not be remembered.
  local names, from = {}, 0
  repeat
    local page = redis.call('ZRANGE', KEYS[3], from, from + 999)
    for _, name in ipairs(page) do
      if string.match(name, '^%x+:%d+:%d+:(%d+):') == ARGV[2] then names[#names + 1] = name end
    end
    from = from + 1000
  until #page < 1000
  for i = 1, #names, 1000 do redis.call('ZREM', KEYS[3], unpack(names, i, math.min(i + 999, #names))) end
  redis.call('HSET', KEYS[1], 'z' .. ARGV[2], 0)
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local units = string.format('%.0f', qty)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|' .. units .. '|' .. ARGV[4] .. '|' .. now)
redis.call('HINCRBY', KEYS[1], 'p' .. ARGV[2], '-' .. units)
redis.call('HINCRBY', KEYS[1], 'tv', 1)
return {qty, now}
