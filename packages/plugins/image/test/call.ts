import {
  type AnyOperation,
  type Context,
  type Diagnostic,
  defaultLimits,
  identity,
  type Matrix,
  type Pixels,
  scaleOf,
} from '@imagedoc/core'

export interface Outcome {
  output: Pixels
  matrix?: Matrix | null
  diagnostics?: readonly Diagnostic[]
}

/** A context that remembers nothing. */
export function contextOf(overrides: Partial<Context> = {}): Context {
  return {
    signal: new AbortController().signal,
    limits: defaultLimits,
    tmp: '/nowhere',
    engine: undefined,
    properties: {},
    progress: () => {},
    report: () => {},
    scale: scaleOf,
    between: () => identity,
    memo: (_key, compute) => compute(),
    ...overrides,
  }
}

/** Runs an operation on one image, parameters parsed as the executor does, and checks that the input was not written into. */
export const call = callWith({})

/** The same in another context, for example with other limits. */
export function callWith(overrides: Partial<Context>): (operation: AnyOperation, input: Pixels, params?: object) => Promise<Outcome> {
  return async (operation, input, params = {}) => {
    const before = input.data.slice()
    const outcome = await operation.run({ input, params: operation.params.parse(params), context: contextOf(overrides) })
    if (Buffer.compare(before, input.data) !== 0) throw new Error(`${operation.name} wrote into its input`)
    return outcome as Outcome
  }
}
