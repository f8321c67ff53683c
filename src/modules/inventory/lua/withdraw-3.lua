-- Takes units of a prize out of a bucket for good, once per reduction: all that is asked, or nothing. Of popped units the last.
-- KEYS[1] stock  [2] applied  [3] due
-- ARGV[1] ledger id of the reduction  [2] position  [3] units (> 0)
-- Returns 1 when this reduction has its units, now or before · 0 when there are too few · -1 when it was called off
local PAGE = 500
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before then return before == '0' and -1 or 1 end
local field = 'p' .. ARGV[2]
local have = tonumber(redis.call('HGET', KEYS[1], field) or '0')
local units = tonumber(ARGV[3])
if not have or not units or units < 1 then return redis.error_reply('ERR withdraw: units must be positive') end
if have < units then return 0 end
if redis.call('HEXISTS', KEYS[1], 'z' .. ARGV[2]) == 1 then
  local names, amount, from = {}, 0, 0
  repeat
    local page = redis.call('ZREVRANGE', KEYS[3], from, from + PAGE - 1)
    for _, name in ipairs(page) do
      local of, own = string.match(name, '^%x+:%d+:%d+:(%d+):(%d*)$')
      if of == ARGV[2] and #names < units then
        names[#names + 1] = name
        amount = amount + (tonumber(own) or 0)
      end
    end
    from = from + PAGE
  until #names == units or #page < PAGE
  if #names < units then return redis.error_reply('ERR withdraw: fewer popped units than counted') end
  for i = 1, #names, PAGE do redis.call('ZREM', KEYS[3], unpack(names, i, math.min(i + PAGE - 1, #names))) end
  redis.call('HINCRBY', KEYS[1], 'z' .. ARGV[2], string.format('%.0f', 0 - amount))
end
redis.call('HSET', KEYS[2], ARGV[1], '-' .. ARGV[3])
redis.call('HINCRBY', KEYS[1], field, '-' .. ARGV[3])
return 1
