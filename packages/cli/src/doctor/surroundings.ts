import { isImageDocError, type Plugin } from '@imagedoc/core'
import { suggest } from '../arguments/suggest.ts'
import { findConfigFile } from '../configuration/config-file.ts'
import { readEnvironment } from '../configuration/environment.ts'
import { environmentFor, loadPlugins, type OpenOptions } from '../configuration/open-image-doc.ts'
import { commandVariables } from '../configuration/variables.ts'
import { count } from '../report/failure-list.ts'
import type { Check } from './check.ts'

/** The version of Node; older ones do not come this far. */
export function checkNode(): Check[] {
  return [{ area: 'system', name: 'node', status: 'ok', message: `${process.versions.node} on ${process.platform} ${process.arch}` }]
}

/** Set by a checkout's `run.mjs`, not by the user. */
const OF_A_CHECKOUT = 'IMAGEDOC_CWD'
const variableNames = commandVariables.map(({ name }) => name).filter((name) => name.startsWith('IMAGEDOC_'))

/**
 * Wrong variables, and those that look like a slip of the finger. Never a value: it may be a secret.
 * @param known variables of others that begin alike: the server's
 */
export function checkVariables(
  known: readonly string[] = [],
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Check[] {
  const set = [...new Set([...variableNames, ...known])].filter((name) => name.startsWith('IMAGEDOC_') && variables[name])
  const odd = Object.keys(variables).filter((name) => name.startsWith('IMAGEDOC_') && !isKnown(name, known))
  const notes = odd.flatMap((name): Check[] => {
    const meant = suggest(name, [...variableNames, ...known])
    return meant === '' ? [] : [{ area: 'system', name, status: 'note', message: `ImageDoc does not read this variable.${meant}` }]
  })
  try {
    readEnvironment(variables)
    return [
      { area: 'system', name: 'environment', status: 'ok', message: set.length > 0 ? set.join(', ') : 'no variable is set' },
      ...notes,
    ]
  } catch (error) {
    return [{ area: 'system', name: 'environment', status: 'wrong', message: messageOf(error) }, ...notes]
  }
}

/** The plugins that the configuration chooses. */
export async function checkPlugins(options: OpenOptions): Promise<{ checks: Check[]; plugins: readonly Plugin[] }> {
  const file = options.config ?? findConfigFile(process.cwd())
  const configuration: Check = { area: 'plugins', name: 'configuration', status: 'ok', message: file ?? 'none found: the default plugins' }
  try {
    const plugins = await loadPlugins(options, environmentFor(options))
    const found = plugins.map(
      ({ name, version, operations }): Check => ({
        area: 'plugins',
        name,
        status: 'ok',
        message: `${version}, ${count(operations.length, 'operation')}`,
      }),
    )
    return { checks: [configuration, ...found], plugins }
  } catch (error) {
    return { checks: [{ ...configuration, status: 'wrong', message: messageOf(error) }], plugins: [] }
  }
}

/** An error in a line. */
export function messageOf(error: unknown): string {
  if (isImageDocError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

function isKnown(name: string, known: readonly string[]): boolean {
  return [...variableNames, ...known, OF_A_CHECKOUT].includes(name)
}
