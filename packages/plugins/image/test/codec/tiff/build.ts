/** A field of a TIFF directory to write: type and numbers; rationals as pairs. */
export type BuiltField = readonly [type: 1 | 2 | 3 | 4 | 5 | 12 | 13, values: readonly number[]]
/** A directory to write. */
export interface BuiltDirectory {
  fields: Readonly<Record<number, BuiltField>>
  /** Strips or tiles. */
  data?: readonly Uint8Array[]
  tiled?: boolean
  subs?: readonly BuiltDirectory[]
}

const bytesOf = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 12: 8, 13: 4 } as const

/** Writes directories as a TIFF, data first. `next` may bend the chain: directory number to the offset that stands behind it. */
export function buildTiff(
  directories: readonly BuiltDirectory[],
  options: { little?: boolean; next?: (index: number, offsets: readonly number[], size: number) => number | undefined } = {},
): Uint8Array {
  const little = options.little ?? true
  const out: number[] = little ? [0x49, 0x49, 42, 0, 0, 0, 0, 0] : [0x4d, 0x4d, 0, 42, 0, 0, 0, 0]
  const put = (at: number, value: number, size: number): void => {
    for (let i = 0; i < size; i++) out[at + i] = Math.floor(value / 256 ** (little ? i : size - 1 - i)) % 256
  }
  const append = (bytes: Iterable<number>): number => {
    const at = out.length
    for (const byte of bytes) out.push(byte)
    if (out.length % 2) out.push(0)
    return at
  }
  const directoryAt = (directory: BuiltDirectory): { at: number; nextAt: number } => {
    const subs = (directory.subs ?? []).map((sub) => directoryAt(sub).at)
    const starts = (directory.data ?? []).map((part) => append(part))
    const fields: Record<number, BuiltField> = { ...directory.fields }
    if (directory.data) {
      fields[directory.tiled ? 324 : 273] ??= [4, starts]
      fields[directory.tiled ? 325 : 279] ??= [4, directory.data.map(({ length }) => length)]
    }
    if (subs.length > 0) fields[330] = [13, subs]
    const entries = Object.entries(fields).map(([name, field]) => ({ name: Number(name), field, at: valuesAt(field) }))
    const at = append(new Uint8Array(2 + entries.length * 12 + 4))
    put(at, entries.length, 2)
    for (const [index, { name, field, at: values }] of entries.sort((a, b) => a.name - b.name).entries()) {
      const entry = at + 2 + index * 12
      put(entry, name, 2)
      put(entry + 2, field[0], 2)
      put(entry + 4, field[0] === 5 ? field[1].length / 2 : field[1].length, 4)
      if (values === undefined) writeValues(entry + 8, field)
      else put(entry + 8, values, 4)
    }
    return { at, nextAt: at + 2 + entries.length * 12 }
  }
  const writeValues = (at: number, [type, values]: BuiltField): void => {
    const size = type === 5 ? 4 : bytesOf[type]
    for (const [index, value] of values.entries()) put(at + index * size, value, size)
  }
  const valuesAt = (field: BuiltField): number | undefined => {
    const length = field[0] === 5 ? field[1].length * 4 : field[1].length * bytesOf[field[0]]
    if (length <= 4) return undefined
    const at = append(new Uint8Array(length))
    writeValues(at, field)
    return at
  }
  const placed = directories.map(directoryAt)
  put(4, placed[0]?.at ?? 0, 4)
  for (const [index, { nextAt }] of placed.entries()) {
    const bent = options.next?.(
      index,
      placed.map(({ at }) => at),
      out.length,
    )
    put(nextAt, bent ?? placed[index + 1]?.at ?? 0, 4)
  }
  return Uint8Array.from(out)
}

/** An uncompressed 8-bit grey picture in strips of `rows` rows, all of one value unless `value` is a function. */
export function greyPage(
  width: number,
  height: number,
  more: { value?: number | ((x: number, y: number) => number); rows?: number; fields?: BuiltDirectory['fields']; tiled?: boolean } = {},
): BuiltDirectory {
  const { value = 200, tiled = false } = more
  const rows = more.rows ?? height
  const valueAt = typeof value === 'number' ? () => value : value
  const side: BuiltDirectory['fields'] = tiled ? { 322: [3, [16]] as const, 323: [3, [16]] as const } : { 278: [4, [rows]] as const }
  const fields = { 256: [4, [width]], 257: [4, [height]], 258: [3, [8]], 259: [3, [1]], 262: [3, [1]], 277: [3, [1]], ...side } as const
  const part = ([x0, y0]: readonly [number, number], [across, down]: readonly [number, number]): Uint8Array =>
    Uint8Array.from({ length: across * down }, (_, i) => valueAt(x0 + (i % across), y0 + Math.floor(i / across)))
  const data: Uint8Array[] = []
  if (tiled) for (let y = 0; y < height; y += 16) for (let x = 0; x < width; x += 16) data.push(part([x, y], [16, 16]))
  else for (let y = 0; y < height; y += rows) data.push(part([0, y], [width, Math.min(rows, height - y)]))
  return { fields: { ...fields, ...more.fields }, data, tiled }
}
