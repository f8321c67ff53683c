-- A bucket at one moment, for the books.
-- KEYS[1] stock  [2] out  [3] in  [4] applied
-- ARGV[1] '1': the marks of received transfers too
-- Returns {stock hash, out hash, in hash or {}, applied hash}, each as field, value, …
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  ARGV[1] == '1' and redis.call('HGETALL', KEYS[3]) or {},
  redis.call('HGETALL', KEYS[4]),
}
