import { ImageDocError } from '@imagedoc/core'
import { initTRPC } from '@trpc/server'
import type { Caller } from '../access/caller.ts'
import { unauthenticated } from '../access/unauthenticated.ts'
import type { Services } from '../services.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { cut } from './bounded-error.ts'
import { costs } from './costs.ts'
import { serialised, toRpcError } from './errors.ts'
import type { RpcContext } from './rpc-context.ts'

const PATH_BYTES = 100

const t = initTRPC.context<RpcContext>().create({
  // Else tRPC sends stacks.
  isDev: false,
  // A proxy closes what is silent, and whoever hears nothing for three pings comes again.
  sse: { ping: { enabled: true, intervalMs: 5000 }, client: { reconnectAfterInactivityMs: 15_000 } },
  errorFormatter: ({ shape, error }) => {
    const ours = serialised(error)
    // The path is what stands in the address: nobody gets back all that they wrote there.
    const path = shape.data.path === undefined ? {} : { path: cut(shape.data.path, PATH_BYTES) }
    return { ...shape, message: ours.message, data: { ...shape.data, ...path, error: ours } }
  },
})

/** Where procedures have a token that lets its bearer in once. */
const entryTokens: Readonly<Record<string, string>> = { 'auth.register': 'setupToken', 'auth.setPassword': 'token' }

type Check<Context extends RpcContext> = (ctx: RpcContext) => Context

/** Who may call: the bases that every procedure is built on. Only these count, limit and translate errors, so a new procedure cannot forget to. */
export function createProcedures({
  accounts,
  metrics,
  rateLimits,
  tracing,
}: Pick<Services, 'metrics' | 'rateLimits' | 'tracing'> & { readonly accounts?: Pick<Services['accounts'], 'isEntryToken'> }) {
  /** Strangers at the same address, or behind the same proxy, must not keep out who was let in by a token. */
  const hasEntryToken = async (path: string, rawInput: () => Promise<unknown>): Promise<boolean> => {
    const member = Object.hasOwn(entryTokens, path) ? entryTokens[path] : undefined
    if (member === undefined) return false
    const token = ((await rawInput()) as Record<string, unknown> | null | undefined)?.[member]
    return typeof token === 'string' && (await accounts?.isEntryToken(token)) === true
  }
  const traced: Tracing['procedure'] = tracing ? tracing.procedure : (_path, work) => work()
  /** One middleware for all of it: each costs a call about 20 us. */
  const admitting = <Context extends RpcContext>(check: Check<Context>) =>
    t.procedure.use(({ ctx, path, next, getRawInput }) =>
      traced(path, async () => {
        const stop = metrics.procedureTimer(path)
        try {
          await rateLimits.request(ctx.caller, ctx.address, Object.hasOwn(costs, path) ? costs[path] : 1).catch(async (error: unknown) => {
            if (!(await hasEntryToken(path, getRawInput))) throw error
          })
          const outcome = await next({ ctx: check(ctx) })
          if (!outcome.ok) throw outcome.error
          stop('ok')
          return outcome
        } catch (error) {
          stop(serialised(error).code)
          throw toRpcError(error)
        }
      }),
    )
  return {
    router: t.router,
    open: admitting((ctx) => ctx),
    signedIn: admitting(signedIn),
    personal: admitting(personal),
    managers: admitting(managers),
  }
}

export type Procedures = ReturnType<typeof createProcedures>

type SignedIn = RpcContext & { readonly caller: Caller }

function signedIn(ctx: RpcContext): SignedIn {
  const { caller } = ctx
  if (!caller) throw unauthenticated()
  return { ...ctx, caller }
}

function personal(ctx: RpcContext): SignedIn {
  const signed = signedIn(ctx)
  if (signed.caller.tokenKind === 'session') return signed
  throw new ImageDocError('FORBIDDEN', 'An API key may not do this: log in with user name and password.')
}

function managers(ctx: RpcContext): SignedIn {
  const signed = signedIn(ctx)
  if (signed.caller.role === 'manager') return signed
  throw new ImageDocError('FORBIDDEN', 'Only a manager may do this.')
}
