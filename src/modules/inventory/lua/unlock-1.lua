-- Lets go of a lock that is still ours.
-- KEYS[1] lock
-- ARGV[1] token
-- Returns 1, or 0 when it is not ours any more
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
