import { ImageDocError, isImageDocError } from '../errors/error.ts'
import type { Engine } from '../operation/engine.ts'
import type { AnyOperation } from '../operation/operation.ts'
import { reasonOf } from './step-error.ts'

/** The open engines of one thread or process: each is opened at its first use and stays open until the pool is disposed. */
export interface EnginePool extends AsyncDisposable {
  /** @throws ENGINE_UNAVAILABLE when the operation has no such engine; ENGINE_FAILED when it does not open. */
  open(operation: AnyOperation, id: string | null): Promise<unknown>
}

/** An engine that does not open, or does not close, holds nobody who is done with it. */
const CLOSE_MS = 5000

/** An empty pool. Engines are told apart as objects, so operations that share one also share its instance. */
export function createEnginePool(): EnginePool {
  const instances = new Map<Engine, Promise<AsyncDisposable>>()
  return {
    async open(operation, id) {
      if (id === null) return undefined
      const engine = operation.engines?.find((candidate) => candidate.id === id)
      if (!engine)
        throw new ImageDocError(
          'ENGINE_UNAVAILABLE',
          `"${operation.name}" has no engine "${id}" in this process; load the same plugins everywhere.`,
        )
      let instance = instances.get(engine)
      if (!instance) {
        instance = Promise.resolve(engine.open() as Promise<AsyncDisposable>)
        instances.set(engine, instance)
        // The next use tries again: what was missing may be there then.
        instance.catch(() => instances.delete(engine))
      }
      try {
        return await instance
      } catch (error) {
        if (isImageDocError(error)) throw error
        throw new ImageDocError('ENGINE_FAILED', `The engine "${id}" of "${operation.name}" did not start: ${reasonOf(error)}`, {
          cause: error,
        })
      }
    },
    async [Symbol.asyncDispose]() {
      const open = [...instances.values()]
      instances.clear()
      const closing = Promise.allSettled(open.map(async (instance) => (await instance)[Symbol.asyncDispose]?.()))
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, CLOSE_MS)
      await Promise.race([closing, late.promise])
      clearTimeout(timer)
    },
  }
}
