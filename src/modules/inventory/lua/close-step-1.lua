-- Closes a bucket to those who would recall units for this step of a prize's schedule, or an earlier one: it is about to be released.
-- KEYS[1] stock
-- ARGV[1] position  [2] step
-- Returns 1, or 0 when a later step closed it before
local step = tonumber(ARGV[2])
if not step or not tonumber(ARGV[1]) then return redis.error_reply('ERR close-step: position and step must be numbers') end
local field = 's' .. ARGV[1]
if tonumber(redis.call('HGET', KEYS[1], field) or '0') > step then return 0 end
redis.call('HSET', KEYS[1], field, ARGV[2])
return 1
