/** Before every key, unless another is chosen. */
export const REDIS_PREFIX = 'imagedoc:'

/** One row of the table of keys in the documentation. */
export interface RedisKeyRow {
  /** Without the prefix; what differs stands in `<>`. */
  readonly name: string
  readonly type: 'string' | 'hash' | 'set' | 'sorted set' | 'stream' | 'channel'
  readonly ttl: string
  /** What happens when it is gone. */
  readonly loss: string
}

/** The names of the result cache's keys. */
export function resultKeys(prefix: string) {
  return {
    record: (hex: string) => `${prefix}result:${hex}`,
    lease: (hex: string) => `${prefix}lease:${hex}`,
    source: (hex: string) => `${prefix}source:${hex}`,
    index: `${prefix}results`,
    sizes: `${prefix}results:bytes`,
    sources: `${prefix}results:sources`,
  }
}

export type ResultKeys = ReturnType<typeof resultKeys>

/** The result cache's part of the table of keys. */
export const resultKeyTable: readonly RedisKeyRow[] = [
  { name: 'result:<result key>', type: 'string', ttl: "the record's, 30 days", loss: 'a miss: the result is computed again' },
  { name: 'lease:<result key>', type: 'string', ttl: '10 s, renewed', loss: 'a result may be computed twice' },
  {
    name: 'source:<digest>',
    type: 'set',
    ttl: 'the longest of its records',
    loss: 'a purge does not find the records that came from this original; they stay until they expire',
  },
  {
    name: 'results',
    type: 'sorted set',
    ttl: 'the longest of all records',
    loss: 'records that were there are neither counted nor cleared; they stay until they expire',
  },
  {
    name: 'results:bytes',
    type: 'hash',
    ttl: 'the longest of all records',
    loss: 'the byte budget counts again from zero, and finds the records that are there by and by',
  },
  {
    name: 'results:sources',
    type: 'sorted set',
    ttl: 'the longest of all records',
    loss: '`clear` leaves the sets of sources to expire',
  },
]
