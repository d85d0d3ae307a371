import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** What is counted, for Prometheus. */
export interface Metrics {
  /** Starts the clock of one call; what it gives is called with `ok` or the error's code. */
  procedureTimer(procedure: string): (outcome: string) => void
  requestTimer(method: string): (route: string, status: number) => void
  /** One step of a run: over how many pages it came from the result cache, over how many it worked, and how long in all. */
  operation(use: string, done: { readonly hit: number; readonly miss: number; readonly ms: number }): void
  /** The text format, and its media type. */
  render(): Promise<{ contentType: string; text: string }>
}

const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const procedures = new Histogram({
    name: 'imagedoc_procedure_seconds',
    help: 'Time of a procedure, by its outcome.',
    labelNames: ['procedure', 'outcome'],
    buckets: SECONDS,
    registers,
  })
  const requests = new Histogram({
    name: 'imagedoc_http_request_seconds',
    help: 'Time to the head of an answer.',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  })
  const operations = new Histogram({
    name: 'imagedoc_operation_seconds',
    help: 'Time of a step of a run that was not all in the result cache, over all its pages.',
    labelNames: ['operation'],
    buckets: SECONDS,
    registers,
  })
  const cache = new Counter({
    name: 'imagedoc_result_cache_total',
    help: 'Pages of steps that came from the result cache, and that did not.',
    labelNames: ['operation', 'outcome'],
    registers,
  })
  return {
    procedureTimer(procedure) {
      const started = performance.now()
      return (outcome) => procedures.observe({ procedure, outcome }, seconds(started))
    },
    requestTimer(method) {
      const started = performance.now()
      return (route, status) => requests.observe({ route, method, status: String(status) }, seconds(started))
    },
    operation(operation, { hit, miss, ms }) {
      cache.inc({ operation, outcome: 'hit' }, hit)
      cache.inc({ operation, outcome: 'miss' }, miss)
      if (miss > 0) operations.observe({ operation }, ms / 1000)
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000
}
