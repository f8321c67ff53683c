-- Sets a campaign's gate in one partition: what the decide script believes of the campaign there.
-- Never goes back: an older epoch, or an older version of the same epoch, changes nothing.
-- KEYS[1] gate
-- ARGV[1] epoch  [2] campaign version  [3] risk version  [4] status  [5] starts at, ms  [6] ends at, ms
-- ARGV[7] '1': may make a gate that is missing, or raise the epoch (publishing and recovery alone)
-- ARGV[8] the number of the verified run of Redis, for a gate that is made; in one that is there only set-run changes it
-- Returns {'SET' · 'SAME' (nothing to change) · 'NEWER' (the gate knows more) · 'MISSING' (no gate of this epoch, not allowed to make it),
--          ms for which some process still believes what was there before}
local at = redis.call('HMGET', KEYS[1], 'e', 'v', 'r', 's', 'f', 'u', 'l')
local epoch, version, risk = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not (epoch and version and risk and tonumber(ARGV[5]) and tonumber(ARGV[6]) and tonumber(ARGV[8])) then
  return redis.error_reply('ERR set-gate: a number is missing')
end
local hadEpoch, hadVersion, hadRisk = tonumber(at[1]), tonumber(at[2]), tonumber(at[3])
if hadEpoch and hadEpoch > epoch then return {'NEWER', 0} end
if hadEpoch ~= epoch then
  if ARGV[7] ~= '1' then return {'MISSING', 0} end
  -- The stock generation begins at the clock: no process can hold "gone everywhere" of an earlier life of this gate.
  redis.call('HSET', KEYS[1], 'e', ARGV[1], 'v', ARGV[2], 'r', ARGV[3], 's', ARGV[4], 'f', ARGV[5], 'u', ARGV[6], 'n', ARGV[8], 'g', redis.call('TIME')[1])
  return {'SET', 0}
end
if hadVersion and hadVersion > version then return {'NEWER', 0} end
if hadRisk and hadRisk > risk then risk = hadRisk end
if hadVersion == version and hadRisk == risk and at[4] == ARGV[4] and at[5] == ARGV[5] and at[6] == ARGV[6] then return {'SAME', 0} end
-- Another version may have raised what all may use up: whoever knew it to be gone must look again.
if hadVersion ~= version then redis.call('HINCRBY', KEYS[1], 'g', 1) end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'r', string.format('%.0f', risk), 's', ARGV[4], 'f', ARGV[5], 'u', ARGV[6])
local time = redis.call('TIME')
return {'SET', math.max(0, (tonumber(at[7]) or 0) - time[1] * 1000 - math.floor(time[2] / 1000))}
