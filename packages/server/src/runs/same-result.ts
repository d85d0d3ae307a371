import type { Version } from '../records/document.ts'
import type { Made } from './hold-result.ts'

type Holds = Pick<Version, 'outputs' | 'layouts'>

/** Whether a run made nothing that a version does not hold: the same outputs, byte for byte, and no page read otherwise. */
export function isSameResult(made: Pick<Made, 'outputs' | 'layouts'>, version: Holds): boolean {
  const [outputs, present] = [outputsOf(made), outputsOf(version)]
  if (outputs.length !== present.length || outputs.some((output, index) => output !== present[index])) return false
  const read = new Set(version.layouts.map(layoutText))
  // A run that reads nothing takes no text away.
  return made.layouts.every((layout) => read.has(layoutText(layout)))
}

/** In an order that does not follow the pipeline's. */
function outputsOf({ outputs }: Holds): string[] {
  return outputs
    .map(({ name, kind, descriptor, page }) => JSON.stringify([name, kind, descriptor.mediaType, descriptor.digest, page ?? null]))
    .sort()
}

function layoutText({ page, descriptor, matrix }: Version['layouts'][number]): string {
  return JSON.stringify([page, descriptor.digest, matrix])
}
