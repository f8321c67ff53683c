-- decide: one request's draws (1 to 10), all or none, in one slot.
--
-- KEYS  1 gate   2 stock   3 the participant's hash   4 stream   5 pend   6 due: the popped units of this bucket
-- ARGV  1 epoch  2 campaign version  3 risk version  4 stock generation that the `most` marks were seen under
--       5 '' | BLOCKED | NOT_ELIGIBLE             (found by the process; told in its place in the order of precedence)
--       6 '' | ms to wait | -1: for ever           (a device's or an address's window is full)
--       7 idempotency key   8 fingerprint of the parameters   9 ids, comma list, one a draw
--      10 local day number  11 its first ms  12 the next day's first ms  13 the first ms of the day after that
--      14 draws in total | -1   15 draws a day | -1   16 wins | -1   17 1: a ticket a draw
--      18 1: no stock is SOLD_OUT and too many wins are QUOTA_EXCEEDED; 0: both are the fallback or a loss
--      19 candidates, comma list of positions, 0 = none   20 the fallbacks' positions in their order, comma list | 0
--      21 'position:wins|-1:unlock|0:most|-1;…' for every prize in question; most: all the units that are to be
--         had in all buckets together, 0 = gone, -1 = nobody has looked
--      22 'seconds:max;…' the participant's own windows (each counted from its first draw)
--      23 participant  24 device  25 address  26 trace parent  27 rolls, comma list
--      28 '' | 'position:wins;…' the participant's limit of a prize on one local day
--      29 '' | 'allowance:this bucket\'s share:most|-1;…' money and daily wins that all participants together may use up
--      30 '' | 'position:allowance:units;…' what one unit of a prize uses up
--      31 '' | 'losses:position' after so many draws in a row without a counted win, what would be lost is this prize
--      32 tickets that are free each local day, 0 = none; they end with the day
--      33 'position:days;…' prizes that are open only to who has drawn on so many local days in a row, today included
--      34 1: stock is popped: a draw has the first unit that is due, and the candidates say nothing; 0: by candidates
--      35 what is due in all buckets together: '' = nobody has looked, '*' = this bucket is the only one,
--         'generation|units|until': so many at most, before the ms `until` ('' = for ever), seen under that stock generation
--      36 the odds table that the candidates are of, 0 = the prizes' own
--
-- Returns {code, …}:
--   {'OK', now, seq, outcomes, drawsLeft, run, stock generation}
--                                               outcomes: '0' lost, '3' won, '3:188' won with an amount of its own, 'f3' a fallback,
--                                               'g3' the guarantee; drawsLeft -1 = unlimited
--   {'REPLAY', answer, drawsLeft, run}          answer: fingerprint|createdMs|ids|outcomes|rolls|seq|version|odds table
--   {'NEED', position | allowance, units}       this bucket has fewer, and nobody said that there are no more; nothing changed
--   {'NEED_DUE', units}                         as NEED, of units that are due, of whatever prize
--   run: the number under which this run of Redis was verified; -1 = never
--   {'RECOVERING'} no gate, or of another epoch; no stock  {'STALE'} the process's snapshot is old  {'DAY', now} its calendar is
--   {rejection code, retryAfterMs | -1}         nothing changed
--
-- Everything is checked before the first write: an error would keep what was written before it.

local gate = redis.call('HMGET', KEYS[1], 'e', 'v', 'r', 's', 'f', 'u', 'g', 'n')
if not gate[1] or gate[1] ~= ARGV[1] then return {'RECOVERING'} end

local count = 0
local ids = {}
for id in string.gmatch(ARGV[9], '[^,]+') do count = count + 1; ids[count] = id end

-- What the participant has, in one read: the answer under this key, counters, windows, wins of the prizes in question.
local fields = {'k' .. ARGV[7], 'n', 'D', 'd', 'w', 't'}
local windows = {}
if ARGV[22] ~= '' then
  for seconds, max in string.gmatch(ARGV[22], '(%d+):(%d+)') do
    local field = 'V' .. seconds
    windows[#windows + 1] = {field = field, ms = tonumber(seconds) * 1000, max = tonumber(max), start = 0, count = 0}
    fields[#fields + 1] = field
  end
end
-- Popped stock: the first units of this bucket, and their prizes. A unit is 'rank:lot:number:position:amount or nothing' at its ms.
local popped = ARGV[34] == '1'
local heads, involved = {}, {}
if popped then
  for position in string.gmatch(ARGV[20], '[^,]+') do involved[position] = true end
  local first = redis.call('ZRANGE', KEYS[6], 0, count - 1, 'WITHSCORES')
  for i = 1, #first, 2 do
    local position, amount = string.match(first[i], '^%x+:%d+:%d+:(%d+):(%d*)$')
    if not position then return redis.error_reply('ERR decide: an unreadable unit') end
    heads[#heads + 1] = {member = first[i], ms = tonumber(first[i + 1]), position = position, amount = amount}
    involved[position] = true
  end
end
local prizes, order = {}, {}
for position, wins, unlock, most in string.gmatch(ARGV[21], '(%d+):(%-?%d+):(%d+):(%-?%d+)') do
  if not popped or involved[position] then
    local prize = {position = position, winsMax = tonumber(wins), unlock = tonumber(unlock), most = gate[7] == ARGV[4] and tonumber(most) or -1, taken = 0, won = 0, short = 0, counts = true}
    prizes[position] = prize
    order[#order + 1] = prize
    fields[#fields + 1] = 'w' .. position
  end
end
for _, unit in ipairs(heads) do
  if not prizes[unit.position] then return {'STALE'} end
end
local extraFields = #fields
local daily = {}
if ARGV[28] ~= '' then
  for position, wins in string.gmatch(ARGV[28], '(%d+):(%d+)') do
    local prize = prizes[position]
    if prize then
      prize.dailyMax = tonumber(wins)
      daily[#daily + 1] = prize
      fields[#fields + 1] = 'x' .. position
    end
  end
end
local guarantee, losses, lossesMax = nil, 0, 0
if ARGV[31] ~= '' then
  local max, position = string.match(ARGV[31], '(%d+):(%d+)')
  guarantee, lossesMax = prizes[position], tonumber(max)
  fields[#fields + 1] = 'l'
end
local ticketsAt, streakAt = #fields + 1, #fields + 3
fields[ticketsAt], fields[ticketsAt + 1], fields[streakAt] = 'tl', 'td', 'sc'
local state = redis.call('HMGET', KEYS[3], unpack(fields))

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local day = tonumber(ARGV[10])
if now >= tonumber(ARGV[12]) then day = day + 1 end
local calendarHolds = now >= tonumber(ARGV[11]) and now < tonumber(ARGV[13])

local total = tonumber(state[2] or 0)
local today = (state[3] and tonumber(state[3]) == day) and tonumber(state[4] or 0) or 0
local wins = tonumber(state[5] or 0)
local totalMax, dailyMax, winsMax = tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16])

-- [tickets] They lie in lots: `t` never expires, `tl` is 'expiryMs:amount;…', the first to expire first. The first draw of a
-- local day brings the day's free ones (`td`: the last day that has had them). What expires first is spent first.
local spendsTickets = ARGV[17] == '1'
local tickets, lots, usable = tonumber(state[6] or 0), {}, 0
local free, freeUntil = 0, day == tonumber(ARGV[10]) and ARGV[12] or ARGV[13]
if spendsTickets then
  if tonumber(state[ticketsAt + 1] or -1) < day then free = tonumber(ARGV[32]) end
  local waiting = free
  for expiry, amount in string.gmatch(state[ticketsAt] or '', '(%d+):(%d+)') do
    local lot = {expiry = expiry, left = tonumber(amount)}
    if waiting > 0 and tonumber(expiry) >= tonumber(freeUntil) then
      if expiry == freeUntil then lot.left = lot.left + waiting else lots[#lots + 1] = {expiry = freeUntil, left = waiting} end
      waiting = 0
    end
    if tonumber(expiry) > now then lots[#lots + 1] = lot end
  end
  if waiting > 0 then lots[#lots + 1] = {expiry = freeUntil, left = waiting} end
  usable = tickets
  for _, lot in ipairs(lots) do usable = usable + lot.left end
end

-- [streak] Local days in a row with a draw, today included (`sc`: as of the day `D`).
local lastDay, streak = tonumber(state[3] or -1), 1
if lastDay == day then streak = tonumber(state[streakAt] or 1)
elseif lastDay == day - 1 then streak = tonumber(state[streakAt] or 1) + 1 end
if ARGV[33] ~= '' then
  for position, days in string.gmatch(ARGV[33], '(%d+):(%d+)') do
    if prizes[position] then prizes[position].streak = tonumber(days) end
  end
end

local function drawsLeft(more)
  local left = -1
  if totalMax >= 0 then left = math.max(0, totalMax - total - more) end
  if dailyMax >= 0 then
    local daily = math.max(0, dailyMax - today - more)
    if left < 0 or daily < left then left = daily end
  end
  return left
end

if state[1] then
  local cut = string.find(state[1], '|', 1, true)
  if string.sub(state[1], 1, cut - 1) ~= ARGV[8] then return {'IDEMPOTENCY_CONFLICT', -1} end
  return {'REPLAY', state[1], drawsLeft(0), gate[8] or '-1'}
end

if gate[2] ~= ARGV[2] or gate[3] ~= ARGV[3] then return {'STALE'} end
-- The allowances are those of one day: tomorrow's are for the process to name.
if not calendarHolds or (ARGV[29] ~= '' and day ~= tonumber(ARGV[10])) then return {'DAY', string.format('%.0f', now)} end

if gate[4] == 'RECOVERING' then return {'RECOVERING'} end
local startsAt, endsAt = tonumber(gate[5]), tonumber(gate[6])
if gate[4] == 'ENDED' or gate[4] == 'ARCHIVED' then return {'CAMPAIGN_ENDED', -1} end
if now < startsAt then return {'CAMPAIGN_NOT_STARTED', startsAt - now} end
if now >= endsAt then return {'CAMPAIGN_ENDED', -1} end
if gate[4] == 'PAUSED' then return {'CAMPAIGN_PAUSED', -1} end

-- What the bucket has, in one read: its last number, units, and what is used up of its shares of the allowances.
local allowances, allowanceOrder = {}, {}
local stockFields = {'q'}
for i, prize in ipairs(order) do stockFields[i + 1] = 'p' .. prize.position end
if ARGV[29] ~= '' then
  for code, share, most in string.gmatch(ARGV[29], '(%d+):(%-?%d+):(%-?%d+)') do
    local allowance = {code = code, share = tonumber(share), most = gate[7] == ARGV[4] and tonumber(most) or -1, taken = 0, short = 0}
    allowances[code] = allowance
    allowanceOrder[#allowanceOrder + 1] = allowance
    stockFields[#stockFields + 1] = 'a' .. code
  end
end
local stock = redis.call('HMGET', KEYS[2], unpack(stockFields))

-- Numbers would begin anew, and settlement take their draws for settled.
if not stock[1] then return {'RECOVERING'} end

if ARGV[5] ~= '' then return {ARGV[5], -1} end

local frequent = ARGV[6] ~= '' and tonumber(ARGV[6]) or 0
local never = frequent < 0
for i, window in ipairs(windows) do
  local stored = state[6 + i]
  window.start, window.count = now, 0
  if stored then
    local colon = string.find(stored, ':', 1, true)
    local start = tonumber(string.sub(stored, 1, colon - 1))
    if now < start + window.ms then window.start, window.count = start, tonumber(string.sub(stored, colon + 1)) end
  end
  if count > window.max then never = true end
  if window.count + count > window.max then frequent = math.max(frequent, window.start + window.ms - now) end
end
if never then return {'TOO_FREQUENT', -1} end
if frequent > 0 then return {'TOO_FREQUENT', frequent} end

if totalMax >= 0 and total + count > totalMax then return {'QUOTA_EXCEEDED', -1} end
if dailyMax >= 0 and today + count > dailyMax then
  -- Tomorrow helps only where the total leaves something.
  local nextDay = day == tonumber(ARGV[10]) and tonumber(ARGV[12]) or tonumber(ARGV[13])
  return {'QUOTA_EXCEEDED', count <= dailyMax and nextDay - now or -1}
end

local hard = ARGV[18] == '1'
for i, prize in ipairs(order) do
  prize.wins = tonumber(state[6 + #windows + i] or 0)
  prize.left = tonumber(stock[1 + i] or 0)
end
for i, prize in ipairs(daily) do
  local on, count = string.match(state[extraFields + i] or '', '^(%d+):(%d+)$')
  prize.today = tonumber(on) == day and tonumber(count) or 0
end
if guarantee then losses = tonumber(state[extraFields + #daily + 1] or 0) end
for i, allowance in ipairs(allowanceOrder) do
  allowance.used = tonumber(stock[1 + #order + i] or 0)
  allowance.left = allowance.share - allowance.used
end
if ARGV[30] ~= '' then
  for position, code, units in string.gmatch(ARGV[30], '(%d+):(%d+):(%d+)') do
    local prize = prizes[position]
    if prize then
      if not prize.uses then prize.uses = {} end
      prize.uses[#prize.uses + 1] = {of = allowances[code], units = tonumber(units)}
    end
  end
end
local fallbacks = {}
if ARGV[20] ~= '0' then
  for position in string.gmatch(ARGV[20], '[^,]+') do
    fallbacks[#fallbacks + 1] = prizes[position]
    prizes[position].counts = false -- a fallback never counts as one of the participant's wins
  end
end

-- Takes one unit, or says why not: WINS (the participant has enough of it), GONE (everywhere), SHORT (not in this bucket).
local function take(prize)
  if prize.winsMax >= 0 and prize.wins + prize.won >= prize.winsMax then return 'WINS' end
  if prize.dailyMax and prize.today + prize.won >= prize.dailyMax then return 'WINS' end
  local here = prize.left - prize.taken >= 1
  if not here and prize.most >= 0 and prize.taken + prize.short >= prize.most then return 'GONE' end
  local all = here
  if prize.uses then
    for _, use in ipairs(prize.uses) do
      local of = use.of
      use.here = of.left - of.taken >= use.units
      -- Once some are short, what follows stands behind them: it may fit into what is here, and not into what there is at most.
      if (not use.here or of.short > 0) and of.most >= 0 and of.taken + of.short + use.units > of.most then return 'GONE' end
      all = all and use.here
    end
    for _, use in ipairs(prize.uses) do
      if use.here then use.of.taken = use.of.taken + use.units else use.of.short = use.of.short + use.units end
    end
  end
  if here then prize.taken = prize.taken + 1 else prize.short = prize.short + 1 end
  prize.won = prize.won + 1
  return all and 'TAKEN' or 'SHORT'
end

local outcomes, newWins, soldOut = {}, 0, false
-- As `take`, within what the participant may win in all, and from the draw, or the day of a streak, on that unlocks it.
local function win(prize, ordinal)
  if prize.unlock > 0 and total + ordinal < prize.unlock or (prize.streak or 0) > streak then return 'LOCKED' end
  if prize.counts and winsMax >= 0 and wins + newWins >= winsMax then return 'WINS' end
  return take(prize)
end
local function isWon(verdict) return verdict == 'TAKEN' or verdict == 'SHORT' end

-- Popped stock --------------------------------------------------------------------------------------------------------
-- What is due everywhere (-1: not known), and when more will be (nil: never, or not known).
local dueMost, dueNext = -1, nil
if ARGV[35] == '*' then
  dueMost = 0
  for _, unit in ipairs(heads) do
    if unit.ms <= now then dueMost = dueMost + 1 elseif not dueNext then dueNext = unit.ms end
  end
elseif ARGV[35] ~= '' then
  local generation, units, untilMs = string.match(ARGV[35], '^(.*)|(%d+)|(%d*)$')
  dueNext = tonumber(untilMs)
  if generation == gate[7] and (not dueNext or now < dueNext) then dueMost = tonumber(units) end
end
local pops, absent = {}, 0
local NOTHING = {won = 0, counts = true} -- in the place of a prize where nothing is due

-- The first due unit, for one draw. Returns its prize, a verdict as of `win`, and the outcome. A unit that this participant may
-- not have stays for the next.
local function pop(ordinal)
  local unit = heads[#pops + 1]
  if unit and unit.ms <= now then
    local prize = prizes[unit.position]
    local verdict = win(prize, ordinal)
    if isWon(verdict) then pops[#pops + 1] = unit end
    return prize, verdict, unit.amount == '' and unit.position or unit.position .. ':' .. unit.amount
  end
  if winsMax >= 0 and wins + newWins >= winsMax then return NOTHING, 'WINS' end
  if dueMost >= 0 and #pops + absent >= dueMost then return NOTHING, 'GONE' end
  absent = absent + 1
  return NOTHING, 'SHORT', '0'
end
------------------------------------------------------------------------------------------------------------------------

local ordinal = 0
for position in string.gmatch(ARGV[19], '[^,]+') do
  ordinal = ordinal + 1
  local outcome, counted = '0', false
  local prize, verdict = prizes[position], nil -- none: the roll points at nothing
  if popped then prize, verdict, position = pop(ordinal) else verdict = prize and win(prize, ordinal) end
  if isWon(verdict) then
    outcome, counted = position, prize.counts
  elseif hard and verdict == 'WINS' then
    return {'QUOTA_EXCEEDED', -1}
  elseif hard and verdict == 'GONE' then
    -- Goes on as if it were won: of all or none, too many wins are told before missing stock.
    soldOut = true
    prize.won = prize.won + 1
    counted = prize.counts
  else
    if guarantee and losses >= lossesMax and guarantee ~= prize and isWon(win(guarantee, ordinal)) then
      outcome, counted = 'g' .. guarantee.position, guarantee.counts
    elseif prize then
      for _, fallback in ipairs(fallbacks) do
        if fallback ~= prize and isWon(take(fallback)) then
          outcome = 'f' .. fallback.position
          break
        end
      end
    end
  end
  if counted then newWins, losses = newWins + 1, 0 else losses = losses + 1 end
  outcomes[ordinal] = outcome
end

-- Tomorrow helps where it brings enough.
if spendsTickets and usable < count then return {'NO_TICKETS', count <= tonumber(ARGV[32]) and tonumber(freeUntil) - now or -1} end
if soldOut then return {'SOLD_OUT', popped and dueNext and dueNext - now or -1} end
if absent > 0 then return {'NEED_DUE', #pops + absent} end
for _, prize in ipairs(order) do
  if prize.short > 0 then return {'NEED', prize.position, prize.taken + prize.short} end
end
for _, allowance in ipairs(allowanceOrder) do
  if allowance.short > 0 then return {'NEED', allowance.code, allowance.taken + allowance.short} end
end

-- From here on it is decided.
local outcomeList = table.concat(outcomes, ',')
local nowText = string.format('%.0f', now)
local seq = redis.call('HINCRBY', KEYS[2], 'q', 1)
local seqText = string.format('%.0f', seq)

local write = {
  'k' .. ARGV[7], table.concat({ARGV[8], nowText, ARGV[9], outcomeList, ARGV[27], seqText, ARGV[2], ARGV[36]}, '|'),
  'n', total + count, 'D', day, 'd', today + count,
}
local n = #write
local function set(field, value)
  write[n + 1], write[n + 2] = field, value
  n = n + 2
end
if newWins > 0 then set('w', wins + newWins) end
if lastDay ~= day then set('sc', streak) end
local spent = {ARGV[17]}
if spendsTickets then
  local due, kept = count, {}
  spent = {}
  for _, lot in ipairs(lots) do
    local taken = math.min(lot.left, due)
    due = due - taken
    if taken > 0 then spent[#spent + 1] = lot.expiry .. ':' .. taken end
    if lot.left > taken then kept[#kept + 1] = lot.expiry .. ':' .. (lot.left - taken) end
  end
  if due > 0 then
    set('t', tickets - due)
    spent[#spent + 1] = due == count and '1' or '0:' .. due
  end
  if free > 0 then set('td', day) end
  local keptText = table.concat(kept, ';')
  if keptText ~= (state[ticketsAt] or '') then set('tl', keptText) end
end
for _, window in ipairs(windows) do
  set(window.field, window.start .. ':' .. window.count + count)
end
for _, prize in ipairs(order) do
  if prize.taken > 0 then
    redis.call('HINCRBY', KEYS[2], 'p' .. prize.position, -prize.taken)
    set('w' .. prize.position, prize.wins + prize.won)
    if prize.dailyMax then set('x' .. prize.position, day .. ':' .. prize.today + prize.won) end
  end
end
for _, allowance in ipairs(allowanceOrder) do
  if allowance.taken > 0 then redis.call('HINCRBY', KEYS[2], 'a' .. allowance.code, string.format('%.0f', allowance.taken)) end
end
if guarantee then set('l', losses) end
for _, unit in ipairs(pops) do
  redis.call('ZREM', KEYS[6], unit.member)
  if unit.amount ~= '' then redis.call('HINCRBY', KEYS[2], 'z' .. unit.position, '-' .. unit.amount) end
end
redis.call('HSET', KEYS[3], unpack(write))
redis.call('XADD', KEYS[4], seqText .. '-0', 'y', 'D', 'u', ARGV[23], 'k', ARGV[7], 'f', ARGV[8], 'i', ARGV[9], 'o', outcomeList,
  'r', ARGV[27], 'c', nowText, 'v', ARGV[2], 'x', ARGV[24], 'a', ARGV[25], 't', ARGV[26], 'z', table.concat(spent, ','), 'ot', ARGV[36],
  unpack(free > 0 and {'zf', day .. ':' .. free .. ':' .. freeUntil} or {}))
local pend = {}
for i = 1, count do pend[2 * i - 1] = ids[i]; pend[2 * i] = seqText end
redis.call('HSET', KEYS[5], unpack(pend))

return {'OK', nowText, seqText, outcomeList, drawsLeft(count), gate[8] or '-1', gate[7] or ''}
