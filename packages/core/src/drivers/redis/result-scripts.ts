import { defineScript } from './script.ts'

/**
 * The account of the records that are kept: `KEYS` are the index (their keys by expiry) and the sizes, with their sum under `total`. An entry may be wrong
 * (its record evicted, or deleted by hand) until it is looked at. Undeclared keys are used: not for Redis Cluster.
 */
const account = `
local index, sizes = KEYS[1], KEYS[2]
local function drop(prefix, hex)
  local size = redis.call('hget', sizes, hex)
  if size then
    redis.call('hdel', sizes, hex)
    redis.call('hincrby', sizes, 'total', -size)
  end
  redis.call('zrem', index, hex)
  return redis.call('unlink', prefix .. hex)
end
local function clock()
  local time = redis.call('time')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function sweep(prefix, now, most)
  local expired = redis.call('zrangebyscore', index, '-inf', now, 'limit', 0, most)
  for _, hex in ipairs(expired) do drop(prefix, hex) end
  return #expired
end
local function idleOf(prefix, hex)
  local idle = redis.pcall('object', 'idletime', prefix .. hex)
  if type(idle) == 'number' then return idle end
  return idle and 0 or math.huge
end
local function idlest(prefix)
  local sample = {}
  for _, hex in ipairs(redis.call('zrandmember', index, 16)) do
    table.insert(sample, { hex, idleOf(prefix, hex), tonumber(redis.call('zscore', index, hex)) })
  end
  table.sort(sample, function(a, b) if a[2] ~= b[2] then return a[2] > b[2] end return a[3] < b[3] end)
  return sample
end
`

/** `ARGV`: prefix, keys. Gives how many records were there. */
export const dropScript = defineScript(`${account}
local dropped = 0
for at = 2, #ARGV do dropped = dropped + drop(ARGV[1], ARGV[at]) end
return dropped`)

/** `ARGV`: prefix, how many expired entries to strike out at most. Gives the number of entries and their sum, or nothing when there may be more of these. */
export const sweepScript = defineScript(`${account}
if sweep(ARGV[1], clock(), tonumber(ARGV[2])) == tonumber(ARGV[2]) then return nil end
return { redis.call('zcard', index), redis.call('hget', sizes, 'total') or '0' }`)

/** `ARGV`: prefix. For a full Redis: the idlest of a sample make room, so that the next write may fit; nothing here needs memory. */
export const yieldScript = defineScript(`${account}
for at, one in ipairs(idlest(ARGV[1])) do
  if at <= 8 then drop(ARGV[1], one[1]) end
end`)

/**
 * `KEYS`: then the index of sources and, when there is one, the source's set. `ARGV`: prefix, key, value, ttl, byte budget or 0, bytes counted beside the
 * value, source. Gives 1 when it was kept, 0 when there was no room.
 *
 * Looks at a few entries at random, as Redis does for its own expiry: one whose record is gone is struck out, one without a size gets it. For room, the
 * idlest of a sample go (Redis's own approximation of LRU; those that expire soonest where it counts uses instead), at most 64 in one call.
 */
export const putScript = defineScript(`${account}
local sources, source = KEYS[3], KEYS[4]
local prefix, hex, ttl, max, overhead = ARGV[1], ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local function costOf(length)
  -- The allocator rounds up to one of four sizes between two powers of two.
  local _, exponent = math.frexp(length)
  local step = 2 ^ (exponent - 3)
  return math.ceil(length / step) * step + overhead
end
local cost = costOf(#ARGV[3])
-- The first write: a Redis that is full refuses it, and with it everything that follows.
redis.call('hincrby', sizes, 'total', 0)
local now = clock()
local function over()
  return max > 0 and tonumber(redis.call('hget', sizes, 'total')) + cost > max
end
local function outlive(key)
  if redis.call('pttl', key) < ttl then redis.call('pexpire', key, ttl) end
end
sweep(prefix, now, 20)
drop(prefix, hex)
for _, one in ipairs(redis.call('zrandmember', index, 4)) do
  if redis.call('exists', prefix .. one) == 0 then
    drop(prefix, one)
  elseif redis.call('hexists', sizes, one) == 0 then
    local size = costOf(redis.call('strlen', prefix .. one))
    redis.call('hset', sizes, one, size)
    redis.call('hincrby', sizes, 'total', size)
  end
end
for _ = 1, 8 do
  if not over() then break end
  for at, one in ipairs(idlest(prefix)) do
    if at > 8 or not over() then break end
    drop(prefix, one[1])
  end
end
if redis.call('zcard', index) == 0 then redis.call('hset', sizes, 'total', 0) end
outlive(sizes)
if over() then return 0 end
if source then
  redis.call('sadd', source, hex)
  outlive(source)
  for _, name in ipairs(redis.call('zrangebyscore', sources, '-inf', now, 'limit', 0, 20)) do redis.call('zrem', sources, name) end
  redis.call('zadd', sources, 'gt', now + ttl, ARGV[7])
  outlive(sources)
end
redis.call('zadd', index, now + ttl, hex)
redis.call('hset', sizes, hex, cost)
redis.call('hincrby', sizes, 'total', cost)
redis.call('set', prefix .. hex, ARGV[3], 'px', ttl)
outlive(index)
return 1`)
