-- Takes units of a prize out of a bucket, for another bucket: from now on they are in transit, and known here. Of popped
-- units the first ones, and no more at once than a script may handle.
-- KEYS[1] stock  [2] out  [3] due (all of the source)
-- ARGV[1] transfer id  [2] position, or an allowance's code, or '' for the position of the first popped unit  [3] units wanted
--     [4] destination bucket  [5] '' | the allowance's share of this bucket: what is taken counts as used here, until it is put as unused elsewhere
-- Returns {units taken, taken at ms, position, popped units: 'ms;name,ms;name,…'}; {0, '0', '', ''} when there are none.
-- Repeated under the same id: what was taken then.
local POPPED_MAX, SCANNED_MAX, PAGE = 500, 20000, 500
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before then
  local position, qty, at, popped = string.match(before, '^(%d+)|(%d+)|%d+|(%d+)|?(.*)$')
  return {tonumber(qty), at, position, popped}
end
local wanted = tonumber(ARGV[3])
if not wanted or wanted < 1 then return redis.error_reply('ERR take: units wanted must be positive') end
local position = ARGV[2]
if position == '' then
  position = string.match(redis.call('ZRANGE', KEYS[3], 0, 0)[1] or '', '^%x+:%d+:%d+:(%d+):')
  if not position then return {0, '0', '', ''} end
end
local share = tonumber(ARGV[5])
local field = (share and 'a' or 'p') .. position
local have = tonumber(redis.call('HGET', KEYS[1], field) or '0')
if share then have = share - have end
if not have or have < 1 then return {0, '0', '', ''} end
local qty = math.min(have, wanted)
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

local names, popped, amount = {}, {}, 0
if redis.call('HEXISTS', KEYS[1], 'z' .. position) == 1 then
  qty = math.min(qty, POPPED_MAX)
  for from = 0, SCANNED_MAX - 1, PAGE do
    local page = redis.call('ZRANGE', KEYS[3], from, from + PAGE - 1, 'WITHSCORES')
    for i = 1, #page, 2 do
      local of, own = string.match(page[i], '^%x+:%d+:%d+:(%d+):(%d*)$')
      if of == position and #names < qty then
        names[#names + 1] = page[i]
        popped[#popped + 1] = string.format('%.0f', tonumber(page[i + 1])) .. ';' .. page[i]
        amount = amount + (tonumber(own) or 0)
      end
    end
    if #names == qty or #page < 2 * PAGE then break end
  end
  qty = #names
  if qty == 0 then return {0, '0', '', ''} end
  redis.call('ZREM', KEYS[3], unpack(names))
  redis.call('HINCRBY', KEYS[1], 'z' .. position, string.format('%.0f', 0 - amount))
end
local units = string.format('%.0f', qty)
local record = position .. '|' .. units .. '|' .. ARGV[4] .. '|' .. now
if #names > 0 then record = record .. '|' .. table.concat(popped, ',') end
redis.call('HSET', KEYS[2], ARGV[1], record)
redis.call('HINCRBY', KEYS[1], field, share and units or '-' .. units)
redis.call('HINCRBY', KEYS[1], 'tv', 1)
return {qty, now, position, table.concat(popped, ',')}
