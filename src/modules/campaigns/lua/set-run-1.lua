-- Says under which number this run of Redis was verified. Makes no gate, and never goes back.
-- KEYS[1] gate
-- ARGV[1] epoch  [2] run number
-- Returns 1, or 0 where the gate is missing, of another epoch, or of a newer run
local at = redis.call('HMGET', KEYS[1], 'e', 'n')
local run, had = tonumber(ARGV[2]), tonumber(at[2])
if not run then return redis.error_reply('ERR set-run: the run must be a number') end
if at[1] ~= ARGV[1] or (had and had > run) then return 0 end
redis.call('HSET', KEYS[1], 'n', ARGV[2])
return 1
