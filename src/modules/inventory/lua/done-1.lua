-- Ends a transfer whose units lie in their bucket: its source need not remember it.
-- KEYS[1] out (of the source)
-- ARGV[1] transfer id
-- Returns 1, or 0 when it was ended before
return redis.call('HDEL', KEYS[1], ARGV[1])
