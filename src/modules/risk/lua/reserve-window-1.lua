-- reserve-window: counts draws in a window that begins with its first draw, unless they would be too many.
-- KEYS[1] the window's counter
-- ARGV[1] draws wanted  [2] draws a window may have  [3] the window's length, ms
-- Returns {'TAKEN', when the window ends, ms since 1970}: its end is the window's name for release-window
--      or {'FULL', ms until it ends | -1: no window ever has so many}: nothing was counted
local wanted, most, length = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not (wanted and most and length) then return redis.error_reply('ERR reserve-window: a number is missing') end
if wanted > most then return {'FULL', -1} end
local used = tonumber(redis.call('GET', KEYS[1]) or 0)
if used + wanted > most then
  local left = redis.call('PTTL', KEYS[1])
  if left < 1 then left = length end
  return {'FULL', left}
end
redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {'TAKEN', redis.call('PEXPIRETIME', KEYS[1])}
