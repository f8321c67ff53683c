-- Puts a transfer's units into their bucket, once, and tells settlement of it where they are a prize's.
-- KEYS[1] gate  [2] stock  [3] in  [4] stream  [5] due (all of the destination)
-- ARGV[1] transfer id  [2] position  [3] units  [4] source bucket  [5] taken at, ms  [6] epoch  [7] popped units, as take says them, or ''
-- Returns 'PUT' · 'ALREADY' · 'EXPIRED' (12 h old: its mark may have been swept, so nobody can tell) · 'FENCED' (the gate is not of this epoch)
local units = tonumber(ARGV[3])
local taken = tonumber(ARGV[5])
if not units or units < 1 or not taken then return redis.error_reply('ERR put: units and time must be numbers') end
if redis.call('HGET', KEYS[1], 'e') ~= ARGV[6] then return 'FENCED' end
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then return 'ALREADY' end
local scored, amount = {}, 0
for ms, name, own in string.gmatch(ARGV[7], '(%d+);(%x+:%d+:%d+:%d+:(%d*))') do
  scored[#scored + 1] = ms
  scored[#scored + 1] = name
  amount = amount + (tonumber(own) or 0)
end
if ARGV[7] ~= '' and #scored ~= 2 * units then return redis.error_reply('ERR put: as many popped units as units') end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now - taken > 43200000 then return 'EXPIRED' end
local nowText = string.format('%.0f', now)
-- An allowance's (9999 and above): less of it is used here.
if tonumber(ARGV[2]) >= 9999 then
  redis.call('HINCRBY', KEYS[2], 'a' .. ARGV[2], '-' .. ARGV[3])
  redis.call('HINCRBY', KEYS[2], 'tv', 1)
  redis.call('HSET', KEYS[3], ARGV[1], nowText)
  return 'PUT'
end
local seq = string.format('%.0f', (tonumber(redis.call('HGET', KEYS[2], 'q') or '0')) + 1)
-- First what could be refused: a stream that is ahead of its counter takes no entry, and nothing is written.
redis.call('XADD', KEYS[4], seq .. '-0', 'y', 'T', 'p', ARGV[2], 'n', ARGV[3], 'b', ARGV[4], 'i', ARGV[1], 'c', nowText)
redis.call('HSET', KEYS[2], 'q', seq)
redis.call('HINCRBY', KEYS[2], 'p' .. ARGV[2], ARGV[3])
redis.call('HINCRBY', KEYS[2], 'tv', 1)
if #scored > 0 then
  redis.call('ZADD', KEYS[5], unpack(scored))
  redis.call('HINCRBY', KEYS[2], 'z' .. ARGV[2], string.format('%.0f', amount))
end
redis.call('HSET', KEYS[3], ARGV[1], nowText)
return 'PUT'
