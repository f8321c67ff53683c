-- Counts an attempt to sign in, or tells how long to wait before the next.
-- KEYS: failures and block of the e-mail, failures and block of the address
-- ARGV: free attempts and longest wait (ms) of the e-mail, the same of the address; first wait (ms); how long failures are remembered (ms)
-- Returns 0: the attempt may go on, and counts as failed until it is settled; else the ms to wait
local wait = math.max(redis.call('PTTL', KEYS[2]), redis.call('PTTL', KEYS[4]))
if wait > 0 then return wait end
for subject = 0, 1 do
  local failures, block = KEYS[subject * 2 + 1], KEYS[subject * 2 + 2]
  local free, longest = tonumber(ARGV[subject * 2 + 1]), tonumber(ARGV[subject * 2 + 2])
  local over = redis.call('INCR', failures) - free
  redis.call('PEXPIRE', failures, ARGV[6])
  if over >= 0 then
    redis.call('SET', block, 1, 'PX', string.format('%d', math.min(longest, tonumber(ARGV[5]) * 2 ^ math.min(over, 30))))
  end
end
return 0
