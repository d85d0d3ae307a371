import type { Services } from '../services.ts'

/** What became due in another process is found at the latest after so long. */
const LOOK_EVERY_MS = 15_000

type Needs = Pick<Services, 'webhooks' | 'log' | 'now'>

/** Sends webhooks as they become due, until it is disposed; what is under way then is cut off and sent again later. */
export function deliverWebhooks(services: Needs): AsyncDisposable {
  const stop = new AbortController()
  const running = loop(services, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

async function loop({ webhooks, log, now }: Needs, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const next = await webhooks.deliverDue(stop).catch((error: unknown) => {
      log.error({ stack: error instanceof Error ? error.stack : undefined }, 'webhooks failed')
      return null
    })
    const wait = next ? Math.max(next.getTime() - now().getTime(), 0) : LOOK_EVERY_MS
    const timer = setTimeout(() => webhooks.wake(), Math.min(wait, LOOK_EVERY_MS)).unref()
    await webhooks.awake(stop)
    clearTimeout(timer)
  }
}
