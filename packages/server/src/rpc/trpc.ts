import { ImageDocError } from '@imagedoc/core'
import { initTRPC } from '@trpc/server'
import type { Caller } from '../access/caller.ts'
import { unauthenticated } from '../access/unauthenticated.ts'
import type { Services } from '../services.ts'
import { serialised, toRpcError } from './errors.ts'

/** What a procedure knows of a request. Plain types only: the client's types are made from these. */
export interface RpcContext {
  readonly caller: Caller | null
  readonly address: string
  readonly userAgent: string
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal
}

const t = initTRPC.context<RpcContext>().create({
  // Else tRPC sends stacks.
  isDev: false,
  errorFormatter: ({ shape, error }) => {
    const ours = serialised(error)
    return { ...shape, message: ours.message, data: { ...shape.data, error: ours } }
  },
})

/** Who may call: the bases that every procedure is built on. Only these count, limit and translate errors, so a new procedure cannot forget to. */
export function createProcedures({ metrics, rateLimits }: Pick<Services, 'metrics' | 'rateLimits'>) {
  const open = t.procedure.use(async ({ ctx, path, next }) => {
    const stop = metrics.procedureTimer(path)
    const outcome = await rateLimits.request(ctx.caller, ctx.address).then(
      () => next(),
      (error: unknown) => ({ ok: false as const, error }),
    )
    if (outcome.ok) {
      stop('ok')
      return outcome
    }
    const error = toRpcError(outcome.error)
    stop(serialised(error).code)
    throw error
  })
  const signedIn = open.use(({ ctx, next }) => next({ ctx: { caller: requireCaller(ctx.caller) } }))
  const personal = signedIn.use(({ ctx, next }) => {
    if (ctx.caller.tokenKind === 'session') return next()
    throw new ImageDocError('FORBIDDEN', 'An API key may not do this: log in with user name and password.')
  })
  const managers = signedIn.use(({ ctx, next }) => {
    if (ctx.caller.role === 'manager') return next()
    throw new ImageDocError('FORBIDDEN', 'Only a manager may do this.')
  })
  return { router: t.router, open, signedIn, personal, managers }
}

export type Procedures = ReturnType<typeof createProcedures>

function requireCaller(caller: Caller | null): Caller {
  if (caller) return caller
  throw unauthenticated()
}
