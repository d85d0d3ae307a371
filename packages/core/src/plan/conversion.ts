import { membersOf, type Port } from '../operation/port.ts'
import type { Binding } from '../pipeline/compiled.ts'

/** Whether a port gives nothing but pixels. */
export function givesPixels(port: Port): boolean {
  return membersOf(port).every((member) => member.form === 'pixels')
}

/** Whether a codec may have to convert an input: pixels asked of what may be a file, or a file of what may be pixels or another type. */
export function mayConvert({ spec, from }: Pick<Binding, 'spec' | 'from'>): boolean {
  const wanted = membersOf(spec).filter((member) => member.form !== undefined)
  if (wanted.length === 0) return false
  const pixelsGiven = from.type === 'step' && givesPixels(from.operation.output)
  return wanted.some((member) => member.form !== 'pixels' || !pixelsGiven)
}
