-- What is due in a bucket, of whatever prize, when more will be, and what popped units have left it: one atomic reading.
-- KEYS[1] gate  [2] stock  [3] out  [4] due
-- ARGV[1] epoch
-- Returns {1 when the gate is of this epoch, units due, ms of the next unit or '', transfers counter, {transfer id, record, …} of popped units}
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local due = redis.call('ZCOUNT', KEYS[4], '-inf', now)
local following = redis.call('ZRANGE', KEYS[4], due, due, 'WITHSCORES')
local pending = {}
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  if string.find(all[i + 1], '^%d+|%d+|%d+|%d+|') then
    pending[#pending + 1] = all[i]
    pending[#pending + 1] = all[i + 1]
  end
end
local current = redis.call('HGET', KEYS[1], 'e') == ARGV[1] and 1 or 0
return {current, due, following[2] and string.format('%.0f', tonumber(following[2])) or '', redis.call('HGET', KEYS[2], 'tv') or '0', pending}
