import { type AnyOperation, formatPageId, type ImageDoc, type PageId, type RunEvent } from '@imagedoc/core'
import { type Context, createContextKey, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { endsWith } from './requests.ts'
import type { Spans } from './spans.ts'
import type { Tracing } from './tracing.ts'

type Attributes = Readonly<Record<string, string | number>>

const runKey = createContextKey('imagedoc.run')

/** The next runs are this one of the database. A dispatcher that a request woke would else be inside of that request. */
export function asRun({ active }: Spans): Tracing['asRun'] {
  return ({ _id, attempt, document_id }, work) => {
    const ids = { 'imagedoc.run.id': _id, 'imagedoc.run.attempt': attempt, ...(document_id ? { 'imagedoc.document.id': document_id } : {}) }
    return active.run(ROOT_CONTEXT.setValue(runKey, ids), work)
  }
}

/** What the server runs, a check of an upload and a thumbnail too. */
export function traceRuns(spans: Spans, imagedoc: ImageDoc<AnyOperation>): ImageDoc<AnyOperation> {
  return {
    ...imagedoc,
    async run(pipeline, inputs, options = {}) {
      const parent = spans.current()
      const ids = (parent.getValue(runKey) ?? {}) as Attributes
      const span = spans.tracer.startSpan('run', { attributes: ids }, parent)
      const context = trace.setSpan(parent, span)
      const follow = followRun(spans, context)
      const onEvent = (event: RunEvent): unknown => {
        follow.event(event)
        return options.onEvent?.(event)
      }
      try {
        const result = await spans.active.run(context, () => imagedoc.run(pipeline, inputs, { ...options, onEvent }))
        span.setAttribute('imagedoc.run.status', result.status)
        if (result.status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR })
        return result
      } catch (error) {
        endsWith(span, error)
        throw error
      } finally {
        follow.end()
        span.end()
      }
    },
  }
}

interface Step {
  readonly span: Span
  readonly use: string
  readonly context: Context
  readonly pages: { done: number; hit: number; skipped: number; failed: number }
  last: number
}

const counted = { 'page-done': 'done', 'cache-hit': 'hit', 'page-skipped': 'skipped', 'page-failed': 'failed' } as const

/** Spans from the events that a run tells: a step from its first page to its last one, a page while an operation works on it. */
function followRun({ tracer }: Spans, run: Context): { event(event: RunEvent): void; end(): void } {
  const uses = new Map<string, string>()
  const steps = new Map<string, Step>()
  const pages = new Map<string, { readonly span: Span; readonly at: number }>()

  const stepOf = (id: string, at: number): Step => {
    const known = steps.get(id)
    if (known) return known
    const use = uses.get(id) ?? id
    const attributes = { 'imagedoc.step': id, 'imagedoc.operation': use }
    const span = tracer.startSpan(use, { startTime: at, attributes }, run)
    const step = { span, use, context: trace.setSpan(run, span), pages: { done: 0, hit: 0, skipped: 0, failed: 0 }, last: at }
    steps.set(id, step)
    return step
  }

  const endPage = (event: Extract<RunEvent, { type: keyof typeof counted }>): void => {
    const now = Date.parse(event.at)
    const step = stepOf(event.step, now)
    const name = nameOf(event.step, event.page)
    const page = pages.get(name)
    // Told when the whole segment is over: the step itself took `ms`.
    const ended = event.type === 'page-done' && page ? Math.min(page.at + event.ms, now) : now
    step.pages[counted[event.type]]++
    step.last = Math.max(step.last, ended)
    pages.delete(name)
    if ('error' in event) page?.span.setAttribute('imagedoc.code', event.error.code)
    if (event.type === 'page-failed') page?.span.setStatus({ code: SpanStatusCode.ERROR, message: event.error.code })
    page?.span.end(ended)
  }

  const startPage = (event: Extract<RunEvent, { type: 'step-started' }>): void => {
    const at = Date.parse(event.at)
    const { use, context } = stepOf(event.step, at)
    const attributes = { 'imagedoc.page': formatPageId(event.page), 'imagedoc.operation': use }
    pages.set(nameOf(event.step, event.page), { at, span: tracer.startSpan(`${use} page`, { startTime: at, attributes }, context) })
  }

  return {
    event(event) {
      if (event.type === 'run-started') for (const { id, use } of event.steps) uses.set(id, use)
      else if (event.type === 'step-started') startPage(event)
      else if (event.type in counted) endPage(event as Parameters<typeof endPage>[0])
    },
    end() {
      // Those that a stopped run left.
      for (const { span } of pages.values()) span.end()
      for (const { span, pages: count, last } of steps.values()) {
        for (const [name, number] of Object.entries(count)) span.setAttribute(`imagedoc.pages.${name}`, number)
        if (count.failed > 0) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end(last)
      }
    },
  }
}

function nameOf(step: string, page: PageId): string {
  return `${step} ${formatPageId(page)}`
}
