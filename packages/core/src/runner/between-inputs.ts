import { compose, invert, type Matrix } from '../artifact/matrix.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Context } from '../operation/context.ts'
import type { SegmentStep } from '../ports/step-runner.ts'

/** `context.between` of a step. `decoded`, by port and index, leads from what was read to the file that it was read from. */
export function betweenInputs(step: SegmentStep, decoded: ReadonlyMap<string, Matrix>): Context['between'] {
  const ports = Object.keys(step.bindings)
  const fault = (why: string): ImageDocError => {
    const message = `The operation "${step.use}" asks how its inputs lie on each other, ${why}. Report it to the plugin's author.`
    return new ImageDocError('OPERATION_CONTRACT', message)
  }
  /** In the coordinates of the first port's input: the one that the geometry does not name. */
  const placeOf = (port: string, index: number): Matrix | null => {
    const binding = step.bindings[port]
    if (!binding) throw fault(`but nothing is given to "${port}"`)
    const item = 'sequence' in binding && binding.sequence.length > 1 ? index : 0
    const read = decoded.get(`${port} ${item}`)
    if (!read) throw fault(`but has not read item ${item} of "${port}"`)
    const places = step.geometry?.[port]
    const place = places?.length === 1 ? places[0] : places?.[index]
    return places ? compose(place ?? null, read) : read
  }
  return (from, to, index = 0) => {
    if (!step.geometry && ports.length > 1) throw fault('which only one with traits.geometry may')
    const [start, end] = [placeOf(from, index), placeOf(to, index)]
    const map = compose(end && invert(end), start)
    if (map) return map
    const why = 'they are not of one page, or a step changed one of them so that no point can be followed'
    const message = `No map leads from "${from}" to "${to}": ${why}. Let "${from}" be found on what "${to}" takes.`
    throw new ImageDocError('GRID_MISMATCH', message, { details: { from, to, index } })
  }
}
