import type { Frame } from './frame.ts'
import { frameUnits, type Scan, unitGrid } from './scan.ts'
import type { ScanUnits } from './scan-units.ts'

/** What the scans of a file have given. */
export interface Coverage {
  /** 1 for every unit of the frame of which a component is not there, or only in the roughest of passes. */
  readonly missing: Uint8Array
  /** Bytes of coded data that are left over: something is wrong, and nothing tells where. */
  readonly left: number
  /** Later passes of a progressive file are missing. */
  readonly isBlurred: boolean
  add(scan: Scan, units: ScanUnits): void
  /** After the last scan. `ended`: the end mark was there. */
  close(ended: boolean): void
}

const COEFFICIENTS = 64

/** Counts what the scans give, one after the other. */
export function createCoverage(frame: Frame): Coverage {
  const { columns, rows } = frameUnits(frame)
  const missing = new Uint8Array(columns * rows)
  const begun = new Map(frame.components.map(({ id }) => [id, new Uint8Array(COEFFICIENTS)]))
  // Bits of each coefficient that no pass has given yet.
  const shifts = new Map(frame.components.map(({ id }) => [id, new Uint8Array(COEFFICIENTS)]))
  const state = { left: 0, isBlurred: false }
  return {
    missing,
    get left() {
      return state.left
    },
    get isBlurred() {
      return state.isBlurred
    },
    add(scan, units) {
      state.left += units.left
      for (const { component } of scan.components) shifts.get(component.id)?.fill(scan.shift, scan.from, scan.to + 1)
      if (scan.refines) return
      for (const { component } of scan.components) begun.get(component.id)?.fill(1, scan.from, scan.to + 1)
      const essential = scan.from === 0 || scan.components.some(({ component }) => component === frame.components[0])
      const { unitOf } = unitGrid(frame, scan)
      for (const [from, to] of units.lost) {
        if (!essential) state.isBlurred = true
        else for (let index = from; index < to; index++) missing[unitOf(index)] = 1
      }
    },
    close(ended) {
      const [first, ...others] = frame.components.map(({ id }) => begun.get(id) ?? new Uint8Array(COEFFICIENTS))
      // Without its finer coefficients brightness is a blur of 8 pixels, in which no letter can be read; colour may be a blur.
      if (first?.includes(0) || others.some((coefficients) => coefficients[0] === 0)) missing.fill(1)
      if (others.some((coefficients) => coefficients.includes(0)) || (frame.progressive && !ended)) state.isBlurred = true
      if ([...shifts.values()].some((coefficients) => coefficients.some((shift) => shift > 0))) state.isBlurred = true
    },
  }
}
