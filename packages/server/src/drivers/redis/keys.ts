import { type RedisKeyRow, resultKeyTable } from '@imagedoc/core/drivers/redis'

/** The names of the server's keys; those of the result cache are core's. */
export function serverKeys(prefix: string) {
  return {
    lock: (name: string) => `${prefix}lock:${name}`,
    /** Redis keeps channels apart by no database: the number is part of the name. */
    event: (database: number, topic: string) => `${prefix}event:${database}:${topic}`,
    /** The limiter puts `:<who>` behind it. */
    limit: (name: string) => `${prefix}limit:${name}`,
    tag: (tag: string) => `${prefix}query:tag:${tag}`,
    answer: (digest: string) => `${prefix}query:answer:${digest}`,
    runEvents: (runId: string) => `${prefix}run:${runId}:events`,
    runState: (runId: string) => `${prefix}run:${runId}:state`,
    workers: `${prefix}workers`,
    databases: `${prefix}databases`,
  }
}

/** Every key that ImageDoc has in Redis, as the documentation shows it. */
export const redisKeyTable: readonly RedisKeyRow[] = [
  ...resultKeyTable,
  {
    name: 'lock:<name>',
    type: 'string',
    ttl: "the lock's, renewed",
    loss: 'another process may take the lock; its holder is told at its next renewal, a third of the time later at most',
  },
  {
    name: 'event:<database>:<topic>',
    type: 'channel',
    ttl: 'nothing is kept',
    loss: 'whoever follows a run looks again after 10 s; an ended token is refused at its next request; a cancel has to be asked for again',
  },
  { name: 'limit:<limit>:<digest of who>', type: 'string', ttl: "the limit's, 1 to 60 minutes", loss: 'the attempts count from zero' },
  { name: 'query:tag:<tag>', type: 'string', ttl: '120 s', loss: 'the lists that it names are read from the database' },
  { name: 'query:answer:<digest>', type: 'string', ttl: '30 s', loss: 'the list is read from the database' },
  {
    name: 'run:<id>:events',
    type: 'stream',
    ttl: "10 minutes after the run's last event",
    loss: 'whoever follows the run gets its state instead of the events between',
  },
  {
    name: 'run:<id>:state',
    type: 'hash',
    ttl: 'a day, 10 minutes once the run has ended',
    loss: 'whoever begins to follow the run waits for its next event, or gets its end from the database',
  },
  {
    name: 'workers',
    type: 'sorted set',
    ttl: '30 s, renewed',
    loss: 'for 10 s nobody knows which workers there are; what waits for one goes on waiting',
  },
  {
    name: 'databases',
    type: 'sorted set',
    ttl: '30 s, renewed',
    loss: 'for 10 s a process on another database is not refused',
  },
]
