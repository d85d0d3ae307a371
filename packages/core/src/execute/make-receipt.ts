import type { Descriptor } from '../artifact/digest.ts'
import { toJson } from '../key/canonical-json.ts'
import { combinedKey } from '../key/result-key.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import type { RunStatus } from './events.ts'
import { allItems } from './items.ts'
import { expectedKey } from './keys.ts'
import { type Output, type OutputEntry, settled } from './outputs.ts'
import type { Receipt, ReceiptOutput, ReceiptStep } from './receipt.ts'
import { cacheOutcome, type RunState } from './run-state.ts'
import type { RunScope } from './scope.ts'

/** The record of how a run's outputs came to be. */
export async function makeReceipt(
  scope: RunScope,
  at: {
    state: RunState
    keys: ReadonlyMap<CompiledStep, string>
    status: RunStatus
    outputs: Record<string, Output>
    startedAt: Date
    versions: Readonly<Record<string, string>>
  },
): Promise<Receipt> {
  const { definition } = scope.plan.pipeline
  const states = new Map(at.state.steps.map((entry) => [entry.id, entry]))
  const steps: ReceiptStep[] = []
  for (const step of scope.plan.pipeline.steps.toSorted((a, b) => a.index - b.index)) {
    const planned = scope.plan.steps.get(step)
    const told = states.get(step.id)
    const pages = told?.pages ?? { hit: 0, miss: 0, skipped: 0, failed: 0 }
    steps.push({
      id: step.id,
      use: step.operation.name,
      version: step.operation.version,
      engine: planned?.chosen?.engine.id ?? null,
      fingerprint: planned?.chosen?.fingerprint ?? null,
      params: toJson(step.params),
      key: at.keys.get(step) ?? '',
      cache: cacheOutcome(pages),
      pages,
      ms: Math.round(told?.ms ?? 0),
      savedMs: Math.round(told?.savedMs ?? 0),
      diagnostics: told?.diagnostics ?? [],
    })
  }
  const lists = scope.plan.pipeline.domains.flatMap((domain) =>
    domain.openedBy && 'input' in domain.openedBy ? [domain.openedBy.input] : [],
  )
  return {
    schemaVersion: 2,
    pipeline: definition,
    inputs: await inputDescriptors(scope),
    ...(lists.length > 0 ? { lists } : {}),
    steps,
    outputs: Object.fromEntries(Object.entries(at.outputs).map(([name, output]) => [name, output.entries().flatMap(receiptOutput)])),
    status: at.status,
    startedAt: at.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    versions: { ...at.versions },
  }
}

function receiptOutput({ page, artifact }: OutputEntry): ReceiptOutput[] {
  if (!artifact?.descriptor) return []
  const { source, matrix, size } = artifact.origin
  return [{ ...artifact.descriptor, page, matrix, original: matrix && size && { source, ...size } }]
}

/** Every step's key, as far as it is known. */
export async function receiptKeys(scope: RunScope): Promise<Map<CompiledStep, string>> {
  const keys = new Map<CompiledStep, string>()
  for (const step of scope.plan.pipeline.steps) keys.set(step, await receiptKey(scope, step))
  return keys
}

/** A step's key over all its pages, as far as they are known. */
export async function receiptKey(scope: RunScope, step: CompiledStep): Promise<string> {
  if (!scope.plan.steps.has(step) || scope.signal.aborted) return ''
  try {
    const items = await allItems(scope, step.runsIn, { open: false })
    const keys = await Promise.all((items ?? []).map((item) => expectedKey(scope, step, item)))
    return keys.length === 0 || keys.includes(undefined) ? '' : combinedKey(keys as string[])
  } catch {
    return ''
  }
}

async function inputDescriptors(scope: RunScope): Promise<Record<string, Descriptor[]>> {
  const inputs: Record<string, Descriptor[]> = {}
  for (const [input, cell] of scope.inputs) {
    // A cancelled run does not wait for an input that is still being read.
    const read = scope.signal.aborted ? await settled(cell) : await cell
    if (read?.type === 'done' && read.artifact.descriptor) inputs[input.name] = [read.artifact.descriptor]
  }
  for (const domain of scope.plan.pipeline.domains) {
    if (!domain.openedBy || !('input' in domain.openedBy)) continue
    const items = (await allItems(scope, domain, { open: false })) ?? []
    const cells = scope.signal.aborted ? [] : await Promise.all(items.map((item) => item.base?.()))
    inputs[domain.openedBy.input] = cells.flatMap((cell) => (cell?.type === 'done' ? (cell.artifact.descriptor ?? []) : []))
  }
  return inputs
}
