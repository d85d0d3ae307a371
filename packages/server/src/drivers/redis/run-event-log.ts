import type { RunEvent, RunState } from '@imagedoc/core'
import { defineScript, REDIS_PREFIX, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { formatEventId, parseEventId } from '../../run-events/event-id.ts'
import { KEPT_MS, type LoggedEvent, type RunEventLog } from '../../run-events/run-event-log.ts'
import { serverKeys } from './keys.ts'

export interface RedisRunEventLogOptions {
  /** Not closed by the log. */
  readonly connection: RedisConnection
  /** Before every key. @default 'imagedoc:' */
  readonly prefix?: string
  /** Of one run, about: Redis drops whole blocks of a stream. The oldest go first. @default 10000 */
  readonly maxEvents?: number
}

const DAY_MS = 86_400_000

/**
 * `KEYS`: stream, state. `ARGV`: most events, their ttl, the state's ttl, the state, then attempt, number and JSON of each event. The state tells the last
 * event also where the stream is gone. Written whole or not at all: a full Redis refuses the first XADD.
 */
const appendScript = defineScript(`
local last = redis.call('hmget', KEYS[2], 'attempt', 'seq')
local attempt, seq = tonumber(ARGV[5]), tonumber(ARGV[6])
if last[1] and (tonumber(last[1]) > attempt or (tonumber(last[1]) == attempt and tonumber(last[2]) >= seq)) then return 0 end
for at = 5, #ARGV, 3 do
  redis.call('xadd', KEYS[1], 'maxlen', '~', ARGV[1], ARGV[at] .. '-' .. ARGV[at + 1], 'event', ARGV[at + 2])
end
redis.call('pexpire', KEYS[1], ARGV[2])
redis.call('hset', KEYS[2], 'attempt', ARGV[#ARGV - 2], 'seq', ARGV[#ARGV - 1], 'state', ARGV[4])
redis.call('pexpire', KEYS[2], ARGV[3])
return 1`)

/**
 * The log of run events for all who share the Redis: a stream for each run, whose ids are the events' own, and its state beside it.
 * @example await using log = createRedisRunEventLog({ connection })
 */
export function createRedisRunEventLog({ connection, prefix = REDIS_PREFIX, maxEvents = 10_000 }: RedisRunEventLogOptions): RunEventLog {
  const keys = serverKeys(prefix)
  return {
    async append(runId, { entries, state }) {
      if (entries.length === 0) return true
      const stateTtl = state.status === 'running' ? DAY_MS : KEPT_MS
      const events = entries.flatMap(({ id, event }) => [id.attempt, id.seq, JSON.stringify(event)])
      const args = [maxEvents, KEPT_MS, stateTtl, JSON.stringify(state), ...events]
      const call = { keys: [keys.runEvents(runId), keys.runState(runId)], args }
      return (await connection.run((client) => appendScript(client, call))) === 1
    },
    async read(runId, { after, limit }) {
      const start = after ? `(${formatEventId(after)}` : '-'
      const entries = await connection.run((client) => client.xrange(keys.runEvents(runId), start, '+', 'COUNT', limit))
      return entries.flatMap(eventOf)
    },
    async latest(runId) {
      const [attempt, seq, state] = await connection.run((client) => client.hmget(keys.runState(runId), 'attempt', 'seq', 'state'))
      if (!state) return undefined
      return { id: { attempt: Number(attempt), seq: Number(seq) }, state: JSON.parse(state) as RunState }
    },
    async [Symbol.asyncDispose]() {},
  }
}

function eventOf([id, [, json]]: [id: string, fields: string[]]): LoggedEvent[] {
  const parsed = parseEventId(id)
  return parsed && json ? [{ id: parsed, event: JSON.parse(json) as RunEvent }] : []
}
