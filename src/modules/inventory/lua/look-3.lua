-- What a bucket has of one prize, and what has left it: one atomic reading.
-- KEYS[1] gate  [2] stock  [3] out
-- ARGV[1] position, or an allowance's code  [2] epoch  [3] '' | the allowance's share of this bucket: its units are what is not used of it
-- Returns {1 when the gate is of this epoch, units, transfers counter, {transfer id, record, …} of this prize}
local found = redis.call('HMGET', KEYS[2], (ARGV[3] == '' and 'p' or 'a') .. ARGV[1], 'tv')
local units = found[1] or '0'
if ARGV[3] ~= '' then units = string.format('%.0f', math.max(0, tonumber(ARGV[3]) - tonumber(units))) end
local pending = {}
local prefix = ARGV[1] .. '|'
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  if string.sub(all[i + 1], 1, #prefix) == prefix then
    pending[#pending + 1] = all[i]
    pending[#pending + 1] = all[i + 1]
  end
end
local current = redis.call('HGET', KEYS[1], 'e') == ARGV[2] and 1 or 0
return {current, units, found[2] or '0', pending}
