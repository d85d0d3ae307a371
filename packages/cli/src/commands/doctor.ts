import { errorCodes } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import type { Check } from '../doctor/check.ts'
import { checkDrivers } from '../doctor/drivers.ts'
import { checkEngines } from '../doctor/engines.ts'
import { checkLanguages } from '../doctor/languages.ts'
import { checkNode, checkPlugins, checkVariables } from '../doctor/surroundings.ts'
import { write, writeJson } from '../report/streams.ts'

const marks = { ok: 'ok      ', note: 'note    ', wrong: 'WRONG   ' } as const

/** `imagedoc doctor`: `wrong` is what keeps ImageDoc from working as it is configured, `note` what is merely not there. */
export async function doctor({ values }: Parsed<'doctor'>): Promise<number> {
  const { checkServers, serverVariables } = await import('@imagedoc/server')
  const { checks: pluginChecks, plugins } = await checkPlugins(values)
  const checks: Check[] = [
    ...checkNode(),
    ...checkVariables(Object.values(serverVariables).map(({ name }) => name)),
    ...pluginChecks,
    ...(await checkEngines(plugins)),
    ...(await checkLanguages(plugins)),
    ...(await checkDrivers(values)),
    ...(await checkServers()).map((check) => ({ area: 'servers' as const, ...check })),
  ]
  const ok = checks.every(({ status }) => status !== 'wrong')
  if (values.json) writeJson({ ok, checks })
  else write(checksText(checks).join('\n'))
  return ok ? 0 : errorCodes.INVALID_CONFIG.exit
}

function checksText(checks: readonly Check[]): string[] {
  const areas = [...new Set(checks.map(({ area }) => area))]
  const width = Math.max(...checks.map(({ name }) => name.length))
  return areas.flatMap((area) => [
    area,
    ...checks
      .filter((check) => check.area === area)
      .flatMap(({ status, name, message, remedy }) => [
        `  ${marks[status]}${name.padEnd(width)}  ${message}`,
        ...(remedy === undefined ? [] : [`${' '.repeat(width + 12)}${remedy}`]),
      ]),
  ])
}
