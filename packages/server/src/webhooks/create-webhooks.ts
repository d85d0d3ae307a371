import { ImageDocError } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import type { Run, Webhook } from '../records/run.ts'
import type { Services } from '../services.ts'
import { assertWebhookUrl } from './address.ts'
import { type Refusal, SEND_MS, send } from './send.ts'
import type { Webhooks } from './webhooks.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** After each attempt that failed; one more attempt than waits. */
const WAITS_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS]
/** Whoever sends has it for so long: past the bound of one request, so that two processes do not send at once. */
const LEASE_MS = SEND_MS + 5 * SECOND_MS
const AT_ONCE = 8
/** A receiver that does not answer holds up only these few; the others that are meant for it wait so long, and let those for others pass. */
const SILENT_MS = 30 * SECOND_MS

type Given = Pick<Services, 'tables' | 'log' | 'now'> & { readonly settings: Pick<Services['settings'], 'webhookHosts' | 'webhookSecret'> }
/** `silent`: until when a receiver, by its origin, is left alone; only allowed ones get in. */
type Needs = Given & { readonly silent: Map<string, Date> }
type Claimed = Run & { readonly webhook: Webhook }

/** @throws INVALID_CONFIG for allowed hosts without a secret */
export function createWebhooks(given: Given): Webhooks {
  const { webhookHosts, webhookSecret } = given.settings
  if (webhookHosts.length > 0 && webhookSecret === undefined)
    throw new ImageDocError('INVALID_CONFIG', 'Webhooks are signed: with IMAGEDOC_WEBHOOK_HOSTS set IMAGEDOC_WEBHOOK_SECRET as well.')
  const needs: Needs = { ...given, silent: new Map() }
  let wakeUp = Promise.withResolvers<void>()
  return {
    wake: () => wakeUp.resolve(),
    async awake(signal) {
      const stopped = Promise.withResolvers<void>()
      const stop = (): void => stopped.resolve()
      signal.addEventListener('abort', stop, { once: true })
      if (!signal.aborted) await Promise.race([wakeUp.promise, stopped.promise])
      signal.removeEventListener('abort', stop)
      wakeUp = Promise.withResolvers()
    },
    async deliverDue(signal) {
      while (!signal.aborted) {
        const due = await dueNow(needs)
        if (due.length === 0) break
        await Promise.all(due.map((run) => deliver(needs, run, signal)))
      }
      return nextDue(needs)
    },
  }
}

async function dueNow({ tables, now }: Needs): Promise<readonly Run[]> {
  const time = now().getTime()
  const pending = { index: 'by_webhook', equals: ['pending'], limit: AT_ONCE } as const
  const { rows } = await tables.runs.list({ ...pending, range: { below: new Date(time + 1) } })
  if (rows.length > 0) return rows
  // What is further ahead than its wait is long was put off before the clock was set back.
  const farthest = await tables.runs.list({ ...pending, order: 'descending' })
  return farthest.rows.filter(({ webhook }) => webhook?.next_at && webhook.next_at.getTime() - time > longestWait(webhook))
}

/** One that is being sent has the lease; one that never was is due at once. */
function longestWait({ attempts }: Webhook): number {
  return Math.max(WAITS_MS[attempts - 1] ?? 0, LEASE_MS, SILENT_MS) + SECOND_MS
}

async function nextDue({ tables }: Needs): Promise<Date | null> {
  const { rows } = await tables.runs.list({ index: 'by_webhook', equals: ['pending'], limit: 1 })
  return rows[0]?.webhook?.next_at ?? null
}

async function deliver(needs: Needs, run: Run, signal: AbortSignal): Promise<void> {
  const claimed = await claim(needs, run)
  if (!claimed) return
  const { url, attempts } = claimed.webhook
  const refused = await attempt(needs, claimed, signal)
  // Stopped in the middle of it: it is tried again when the lease has run out, by whoever is there then.
  if (signal.aborted && refused !== null) return
  const wait = WAITS_MS[attempts - 1]
  const next_at = refused === null || wait === undefined ? null : new Date(needs.now().getTime() + wait)
  const state: Webhook['state'] = refused === null ? 'delivered' : next_at ? 'pending' : 'failed'
  // Never the address: a part of it may be somebody's secret.
  if (refused !== null) needs.log.warn({ run: run._id, attempts, reason: refused.reason, state }, 'webhook')
  await changeRow(needs.tables.runs, run._id, ({ webhook }) =>
    webhook?.state === 'pending' && webhook.attempts === attempts ? { webhook: { url, state, attempts, next_at } } : undefined,
  )
}

/** By compare-and-set, and counted before it is sent: a process that dies over it does not try for ever. Undefined when it is not to be sent now. */
async function claim({ tables, now, silent }: Needs, run: Run): Promise<Claimed | undefined> {
  if (run.webhook === null) return undefined
  const { url, attempts } = run.webhook
  const later = silent.get(originOf(url))
  // Not where it lies further ahead than it can: the clock was set back since.
  if (later && later > now() && later.getTime() - now().getTime() <= SILENT_MS) {
    await tables.runs.replaceIf({ ...run, webhook: { ...run.webhook, next_at: later } })
    return undefined
  }
  const spent = attempts > WAITS_MS.length
  const webhook: Webhook = spent
    ? { url, state: 'failed', attempts, next_at: null }
    : { url, state: 'pending', attempts: attempts + 1, next_at: new Date(now().getTime() + LEASE_MS) }
  const claimed = await tables.runs.replaceIf({ ...run, webhook })
  return claimed && !spent ? { ...claimed, webhook } : undefined
}

/** The setting is asked again: a host that the operator took back gets nothing more. */
async function attempt({ settings, now, silent }: Needs, run: Claimed, signal: AbortSignal): Promise<Refusal | null> {
  const { url } = run.webhook
  try {
    assertWebhookUrl(settings, url)
  } catch {
    return { reason: 'host not allowed', answered: true }
  }
  const refused = await send(run, url, { secret: settings.webhookSecret ?? '', at: now(), signal })
  if (refused?.answered === false) silent.set(originOf(url), new Date(now().getTime() + SILENT_MS))
  else silent.delete(originOf(url))
  return refused
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}
