import { tmpdir } from 'node:os'
import { type Context, defaultLimits, identity, type Json, scaleOf } from '@imagedoc/core'

/** A context as an operation gets it; its memo keeps what succeeds, as the result cache does. */
export function fakeContext<Instance>(
  engine: Instance,
  signal: AbortSignal = new AbortController().signal,
): Context<Instance> & { done: number[]; memory: Map<string, Json> } {
  const done: number[] = []
  const memory = new Map<string, Json>()
  return {
    engine,
    signal,
    done,
    memory,
    limits: defaultLimits,
    tmp: tmpdir(),
    properties: {},
    progress: (value) => void done.push(value),
    report: () => {},
    scale: scaleOf,
    between: () => identity,
    async memo<Value extends Json>(key: Json, compute: () => Promise<Value>): Promise<Value> {
      const name = JSON.stringify(key)
      // Asked as a real cache is: the answer does not come at once.
      await new Promise(setImmediate)
      if (memory.has(name)) return memory.get(name) as Value
      const value = await compute()
      memory.set(name, value)
      return value
    },
  }
}
