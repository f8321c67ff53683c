-- An attempt to sign in was good, or was not judged at all: it counts for nothing.
-- KEYS: as begin-attempt; ARGV: 1 where it was good, and the e-mail starts anew, else 0
-- Returns 0
for subject = 0, 1 do
  local failures, block = KEYS[subject * 2 + 1], KEYS[subject * 2 + 2]
  if subject == 0 and ARGV[1] == '1' then
    redis.call('DEL', failures)
  elseif tonumber(redis.call('GET', failures) or '0') > 0 then
    redis.call('DECR', failures)
  end
  redis.call('DEL', block)
end
return 0
