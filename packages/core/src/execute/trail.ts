import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { CompiledStep } from '../pipeline/compiled.ts'
import { runnerId, type Segment } from '../plan/plan.ts'
import type { Hop, KeptDiagnostic } from '../ports/result-cache.ts'

/**
 * What the steps on the way to an artifact reported, seen from the step that made it, since its base: an input or an item of an expansion. A result
 * that comes from the cache tells it again although nothing above it is asked.
 */
export interface Trail {
  /** Of the steps that the artifact's identity names. Empty where that is a digest. */
  readonly inKey: readonly KeptDiagnostic[]
  /** Of those above them. */
  readonly above: readonly KeptDiagnostic[]
}

/** Of an input, and of an item of an expansion, which tells of itself. */
export const noTrail: Trail = { inKey: [], above: [] }

/** A longer list would make a record too large for a cache; a warm run then asks the records above. */
const MOST_KEPT = 20_000
const MOST_CHARACTERS = 4 * 1024 ** 2

/** True for what a record may hold beside its own segment's. */
export function fits(diagnostics: readonly KeptDiagnostic[]): boolean {
  return diagnostics.length <= MOST_KEPT && (diagnostics.length < 1000 || JSON.stringify(diagnostics).length <= MOST_CHARACTERS)
}

/** What a segment's steps reported, seen from its last one. */
export function keptOf(segment: Segment, diagnostics: readonly Diagnostic[]): KeptDiagnostic[] {
  return diagnostics.map(({ step: id, page: _, ...rest }) => {
    const step = id === undefined ? undefined : stepOf(segment, id)
    return from(rest, step ? hopsTo(segment, step) : [])
  })
}

/** The step that a runner calls so. */
export function stepOf({ steps }: Segment, id: string): CompiledStep | undefined {
  return steps.find(({ step }) => runnerId(step) === id)?.step
}

/** From a segment's last step up the chain. */
export function hopsTo({ steps }: Segment, step: CompiledStep): Hop[] {
  const index = steps.findIndex((planned) => planned.step === step)
  return merged(
    steps
      .slice(index + 1)
      .toReversed()
      .flatMap(({ chained }) => (chained ? [{ port: chained.port }] : [])),
  )
}

/** The same, seen from further down. */
export function seenFrom(hops: readonly Hop[], { inKey, above }: Trail): Trail {
  const seen = (kept: readonly KeptDiagnostic[]) => kept.map((diagnostic) => from(diagnostic, hops))
  return { inKey: seen(inKey), above: seen(above) }
}

function from(diagnostic: KeptDiagnostic, hops: readonly Hop[]): KeptDiagnostic {
  const via = merged([...hops, ...(diagnostic.via ?? [])])
  return via.length === 0 ? diagnostic : { ...diagnostic, via }
}

/** Thousands of steps may stand one above the other: ports of one name in a row are one hop. */
function merged(hops: readonly Hop[]): Hop[] {
  const out: Hop[] = []
  for (const hop of hops) {
    const last = out.at(-1)
    if (last && last.port === hop.port && last.item === undefined && hop.item === undefined)
      out[out.length - 1] = { port: hop.port, times: (last.times ?? 1) + (hop.times ?? 1) }
    else out.push(hop)
  }
  return out
}

/** Those of the segment's own steps: what a record found under its content's key has of the steps above was told by these. */
export function ofSegment({ steps }: Segment, diagnostics: readonly KeptDiagnostic[]): KeptDiagnostic[] {
  const ports = steps.slice(1).map(({ chained }) => chained?.port)
  return diagnostics.filter(({ via = [] }) => {
    let at = ports.length
    for (const { port, times = 1, item } of via) {
      for (let hop = 0; hop < times; hop++) if (item !== undefined || ports[--at] !== port) return false
    }
    return true
  })
}
