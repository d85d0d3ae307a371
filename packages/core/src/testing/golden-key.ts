import { resultKey } from '../key/result-key.ts'
import { isOptional, namedPorts } from '../operation/port.ts'
import type { Plugin } from '../plugin/plugin.ts'

/**
 * The result keys of a plugin's operations for their examples, with one fixed input a port that must be given and a fixed engine, so that a golden test pins what is
 * the operation's own: its name, version and parameters with their defaults. A key that changes by accident makes every cached result a miss; one
 * that does not change although the output does makes every cached result wrong: then bump `version`.
 */
export function goldenKeys(plugin: Plugin): Record<string, string> {
  const input = { kind: 'data', digest: `sha256:${'0'.repeat(64)}` as const, meta: null }
  const entries = plugin.operations.map((operation) => {
    const ports = Object.entries(namedPorts(operation.input)).filter(([, port]) => !isOptional(port))
    const key = resultKey({
      plugin: plugin.name,
      operation: operation.name,
      version: operation.version,
      fingerprint: 'fixed',
      params: operation.params.parse(operation.example ?? {}),
      inputs: Object.fromEntries(ports.map(([name, port]) => [name, port.many ? [input] : input])),
    })
    return [operation.name, key]
  })
  return Object.fromEntries(entries)
}
