import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api'
import { type ExportResult, parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import manifest from '../../package.json' with { type: 'json' }
import { traceProcedure, traceRequests } from './requests.ts'
import { asRun, traceRuns } from './runs.ts'
import type { Spans } from './spans.ts'
import type { Tracing } from './tracing.ts'
import type { TracingSettings } from './variables.ts'

/** What is left over at the end is sent within so long, or lost: a collector that is down does not keep the server from stopping. */
const LAST_WORDS_MS = 3000

/** Registers nothing globally: a program with a server in it may have an OpenTelemetry of its own. */
export function createOpenTelemetry(settings: TracingSettings, onError: (error: unknown) => void): Tracing {
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.version': manifest.version,
        ...parseKeyPairsIntoRecord(settings.resourceAttributes),
        'service.name': settings.serviceName,
      }),
    ),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter: telling(exporterOf(settings), onError) })],
  })
  const active = new AsyncLocalStorage<Context>()
  const tracer = provider.getTracer('@imagedoc/server', manifest.version)
  const spans: Spans = { tracer, active, current: () => active.getStore() ?? ROOT_CONTEXT }
  return {
    requests: traceRequests(spans),
    procedure: traceProcedure(spans),
    runs: (imagedoc) => traceRuns(spans, imagedoc),
    asRun: asRun(spans),
    async [Symbol.asyncDispose]() {
      const over = new AbortController()
      const late = wait(LAST_WORDS_MS, undefined, { signal: over.signal }).catch(() => undefined)
      await Promise.race([provider.shutdown().catch(onError), late])
      over.abort()
    },
  }
}

function exporterOf({ url, headers }: TracingSettings): SpanExporter {
  return new OTLPTraceExporter({ url, headers: parseKeyPairsIntoRecord(headers) })
}

/** The SDK tells of spans that could not be sent to nobody but a logger that is global to the process. */
function telling(exporter: SpanExporter, onError: (error: unknown) => void): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result: ExportResult) => {
        if (result.error) onError(result.error)
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  }
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const [, parentBased, name] = /^(parentbased_)?(.*)$/.exec(sampler) ?? []
  const root =
    name === 'always_off' ? new AlwaysOffSampler() : name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
  return parentBased ? new ParentBasedSampler({ root }) : root
}
