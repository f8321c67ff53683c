-- Says that stock was added: whoever knew a prize to be gone everywhere must look again.
-- KEYS[1] gate
-- ARGV[1] epoch
-- Returns the new stock generation, or 0 where the gate is not of this epoch
if redis.call('HGET', KEYS[1], 'e') ~= ARGV[1] then return 0 end
return redis.call('HINCRBY', KEYS[1], 'g', 1)
