/** pino's numbers. */
const levels: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: '', 40: 'warning', 50: 'error', 60: 'fatal' }

/** `14:03:12  warning   query cache  reason=connection lost` of a line of pino's JSON. */
export function lineForPeople(json: string): string {
  const { level, time, msg, stack, ...facts } = JSON.parse(json) as Record<string, unknown>
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  const told = Object.entries(facts).flatMap(([name, value]) => factOf(name, value))
  const line = [clock, (levels[Number(level)] ?? '').padEnd(8), [msg, ...told].join('  ')].join('  ').trimEnd()
  return printable(typeof stack === 'string' ? `${line}\n${stack}` : line)
}

/** What is empty or zero says nothing to people. */
function factOf(name: string, value: unknown): string[] {
  if (value === null || value === undefined || value === '') return []
  if (typeof value !== 'object') return [`${name}=${String(value)}`]
  const inner = Object.entries(value).filter(([, each]) => each !== 0 && each !== null && each !== undefined)
  return inner.map(([key, each]) => `${name}.${key}=${typeof each === 'object' ? JSON.stringify(each) : String(each)}`)
}

/** What somebody else has written must not move the cursor. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that a terminal obeys
  return text.replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
