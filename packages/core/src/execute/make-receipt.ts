import type { Descriptor } from '../artifact/digest.ts'
import { toJson } from '../key/canonical-json.ts'
import { combinedKey } from '../key/result-key.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { PlannedStep } from '../plan/plan.ts'
import type { RunContext } from './context.ts'
import type { RunStatus } from './events.ts'
import { openedItems } from './item.ts'
import { type Output, type OutputEntry, settled } from './outputs.ts'
import { pagesByVariant } from './per-page.ts'
import type { Receipt, ReceiptOutput, ReceiptStep, ReceiptVariant } from './receipt.ts'
import { allItems, expectedKey } from './resolve.ts'
import { cacheOutcome, type RunState } from './run-state.ts'
import { stepOn } from './variant.ts'

/** The record of how a run's outputs came to be. */
export async function makeReceipt(
  run: RunContext,
  at: {
    state: RunState
    keys: ReadonlyMap<CompiledStep, string>
    status: RunStatus
    outputs: Record<string, Output>
    startedAt: Date
    versions: Readonly<Record<string, string>>
  },
): Promise<Receipt> {
  const { definition } = run.plan.pipeline
  const states = new Map(at.state.steps.map((entry) => [entry.id, entry]))
  const steps: ReceiptStep[] = []
  for (const step of run.plan.pipeline.steps.toSorted((a, b) => a.index - b.index)) {
    const planned = run.plan.steps.get(step)
    const told = states.get(step.id)
    const pages = told?.pages ?? { hit: 0, miss: 0, skipped: 0, failed: 0 }
    steps.push({
      id: step.id,
      use: step.operation.name,
      version: step.operation.version,
      engine: planned?.chosen?.engine.id ?? null,
      fingerprint: planned?.chosen?.fingerprint ?? null,
      params: toJson(step.own.params),
      ...(await perPageOf(run, planned)),
      key: at.keys.get(step) ?? '',
      cache: cacheOutcome(pages),
      pages,
      ms: Math.round(told?.ms ?? 0),
      savedMs: Math.round(told?.savedMs ?? 0),
      diagnostics: told?.diagnostics ?? [],
    })
  }
  const lists = run.plan.pipeline.domains.flatMap((domain) =>
    domain.openedBy && 'input' in domain.openedBy ? [domain.openedBy.input] : [],
  )
  return {
    schemaVersion: 3,
    pipeline: definition,
    inputs: await inputDescriptors(run),
    ...(lists.length > 0 ? { lists } : {}),
    steps,
    outputs: Object.fromEntries(Object.entries(at.outputs).map(([name, output]) => [name, output.entries().flatMap(receiptOutput)])),
    status: at.status,
    startedAt: at.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    versions: { ...at.versions },
  }
}

/** What a step did on pages of their own, as far as the pages are known. */
async function perPageOf(run: RunContext, planned: PlannedStep | undefined): Promise<Pick<ReceiptStep, 'perPage'>> {
  if (!planned?.step.perPage) return {}
  const items = (await openedItems(planned.step.runsIn, run.root)) ?? []
  const perPage: ReceiptVariant[] = []
  for (const [variant, own] of pagesByVariant(planned, items)) {
    if (variant === planned || own.length === 0) continue
    const { skip, chosen, params } = variant
    const { engine, fingerprint } = chosen ?? { engine: null, fingerprint: null }
    perPage.push({ pages: own.map(({ page }) => page), skip, engine: engine?.id ?? null, fingerprint, params: toJson(params) })
  }
  return { perPage }
}

function receiptOutput({ page, artifact }: OutputEntry): ReceiptOutput[] {
  if (!artifact?.descriptor) return []
  const { source, matrix, size } = artifact.origin
  return [{ ...artifact.descriptor, page, matrix, original: matrix && size && { source, ...size } }]
}

/** Every step's key, as far as it is known. */
export async function receiptKeys(run: RunContext): Promise<Map<CompiledStep, string>> {
  const keys = new Map<CompiledStep, string>()
  for (const step of run.plan.pipeline.steps) keys.set(step, await receiptKey(run, step))
  return keys
}

/** A step's key over all pages that it does not pass on, as far as they are known. */
export async function receiptKey(run: RunContext, step: CompiledStep): Promise<string> {
  if (!run.plan.steps.has(step) || run.signal.aborted) return ''
  try {
    const items = (await allItems(run, step.runsIn, { open: false })) ?? []
    const worked = items.filter((item) => !stepOn(run.plan, step, item)?.skip)
    const keys = await Promise.all(worked.map((item) => expectedKey(run, step, item)))
    return keys.length === 0 || keys.includes(undefined) ? '' : combinedKey(keys as string[])
  } catch {
    return ''
  }
}

async function inputDescriptors(run: RunContext): Promise<Record<string, Descriptor[]>> {
  const inputs: Record<string, Descriptor[]> = {}
  for (const [input, cell] of run.root.cells) {
    if (input.type !== 'input') continue
    // A cancelled run does not wait for an input that is still being read.
    const read = run.signal.aborted ? await settled(cell) : await cell
    if (read?.type === 'done' && read.value.descriptor) inputs[input.name] = [read.value.descriptor]
  }
  for (const domain of run.plan.pipeline.domains) {
    if (!domain.openedBy || !('input' in domain.openedBy)) continue
    const items = (await allItems(run, domain, { open: false })) ?? []
    const cells = run.signal.aborted ? [] : await Promise.all(items.map((item) => item.base?.()))
    inputs[domain.openedBy.input] = cells.flatMap((cell) => (cell?.type === 'done' ? (cell.value.descriptor ?? []) : []))
  }
  return inputs
}
