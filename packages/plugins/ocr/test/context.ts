import { tmpdir } from 'node:os'
import { type Context, type Diagnostic, defaultLimits, identity, scaleOf } from '@imagedoc/core'

/** A context as an operation gets it, which keeps what it is told. */
export function fakeContext<Instance>(
  engine: Instance,
  signal: AbortSignal = new AbortController().signal,
): Context<Instance> & { reported: Diagnostic[]; done: number[] } {
  const reported: Diagnostic[] = []
  const done: number[] = []
  return {
    engine,
    signal,
    reported,
    done,
    limits: defaultLimits,
    tmp: tmpdir(),
    properties: {},
    progress: (value) => void done.push(value),
    report: (diagnostic) => void reported.push(diagnostic),
    scale: scaleOf,
    between: () => identity,
    memo: (_key, compute) => compute(),
  }
}
