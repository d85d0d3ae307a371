// Quantities as people write them, in settings of the command and of the server.

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
}

/** `500MB`, `2 GiB`, `1048576`: in bytes. Undefined for anything else, and for none. */
export function parseBytes(value: string): number | undefined {
  return wholeAbove0(value, units)
}

/** `200MP`, `200000000`: in pixels. Undefined for anything else, and for none. */
export function parsePixels(value: string): number | undefined {
  return wholeAbove0(value, { '': 1, MP: 1e6, GP: 1e9 })
}

const MOST_HOURS = 1000
const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }

/** `500ms`, `90s`, `30min`, `12h`: in milliseconds, of at most 1000 hours. Undefined for anything else, and for none. */
export function parseDuration(value: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,9})\s*(ms|s|min|h)$/i.exec(value) ?? []
  const ms = Number(digits) * (milliseconds[unit.toLowerCase()] ?? Number.NaN)
  return ms > 0 && ms <= MOST_HOURS * 3_600_000 ? ms : undefined
}

function wholeAbove0(value: string, factors: Readonly<Record<string, number>>): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? []
  const number = Math.round(Number(digits) * (factors[unit.toUpperCase()] ?? Number.NaN))
  return digits !== '' && Number.isSafeInteger(number) && number > 0 ? number : undefined
}
