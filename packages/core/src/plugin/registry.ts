import { type AnyKind, coreKinds } from '../artifact/kind.ts'
import { ImageDocError } from '../errors/error.ts'
import type { AnyOperation } from '../operation/operation.ts'
import { kindsOf, namedPorts } from '../operation/port.ts'
import type { Codec } from './codec.ts'
import { isInternal, outputOperations } from './output-operations.ts'
import { pageOperations } from './page-operations.ts'
import { API_VERSION, type Plugin } from './plugin.ts'

/** The installed plugins, by what they bring. */
export interface Registry {
  readonly plugins: readonly Plugin[]
  /** With core's own, which arrange pages and write image outputs. */
  readonly operations: ReadonlyMap<string, { operation: AnyOperation; plugin: Plugin }>
  readonly kinds: ReadonlyMap<string, AnyKind>
  readonly codecs: readonly Codec[]
}

/**
 * Puts plugins together.
 * @throws PLUGIN_CONFLICT when two bring the same plugin, operation or kind; PLUGIN_API_VERSION; PLUGIN_INVALID for what is no plugin, and when an operation
 * names an unknown kind.
 */
export function createRegistry(plugins: readonly Plugin[]): Registry {
  const kinds = new Map<string, AnyKind>(coreKinds.map((kind) => [kind.name, kind]))
  const kindOwners = new Map<string, string>([...kinds.keys()].map((name) => [name, '@imagedoc/core']))
  const operations = new Map<string, { operation: AnyOperation; plugin: Plugin }>()
  const names = new Set<string>()
  for (const plugin of plugins) {
    assertPlugin(plugin)
    if (names.has(plugin.name)) throw new ImageDocError('PLUGIN_CONFLICT', `The plugin "${plugin.name}" is given twice; keep one.`)
    names.add(plugin.name)
    for (const kind of plugin.kinds) claim(kindOwners, { what: 'kind', name: kind.name, plugin }, () => kinds.set(kind.name, kind))
  }
  const owners = new Map<string, string>()
  for (const plugin of plugins) {
    for (const operation of plugin.operations) {
      claim(owners, { what: 'operation', name: operation.name, plugin }, () => operations.set(operation.name, { operation, plugin }))
      assertKinds(operation, plugin, kinds)
    }
  }
  const codecs = plugins.flatMap((plugin) => plugin.codecs)
  for (const plugin of [pageOperations, outputOperations(codecs)]) {
    for (const operation of plugin.operations) {
      claim(owners, { what: 'operation', name: operation.name, plugin }, () => operations.set(operation.name, { operation, plugin }))
    }
  }
  return { plugins, operations, kinds, codecs }
}

/** The operations that a pipeline may use, in the plugins' order. */
export function usableOperations(registry: Registry): { operation: AnyOperation; plugin: Plugin }[] {
  return [...registry.operations.values()].filter(({ plugin }) => !isInternal(plugin))
}

function assertPlugin(plugin: Plugin): void {
  const given: Partial<Plugin> | null | undefined = plugin
  if (typeof given !== 'object' || given === null || !Array.isArray(given.operations)) {
    const what = typeof plugin === 'function' ? 'A plugin factory was' : 'Something else was'
    throw new ImageDocError(
      'PLUGIN_INVALID',
      `${what} given where a plugin is wanted; take the factory that definePlugin gives and call it: plugins: [image()], not [image].`,
    )
  }
  if (plugin.apiVersion !== API_VERSION) {
    throw new ImageDocError(
      'PLUGIN_API_VERSION',
      `The plugin "${plugin.name}" is built for plugin interface ${plugin.apiVersion}; this is ${API_VERSION}. Install a version of "${plugin.name}" made for it.`,
    )
  }
}

function claim(owners: Map<string, string>, thing: { what: string; name: string; plugin: Plugin }, take: () => void): void {
  const owner = owners.get(thing.name)
  if (owner !== undefined) {
    throw new ImageDocError(
      'PLUGIN_CONFLICT',
      `The ${thing.what} "${thing.name}" is defined by "${owner}" and by "${thing.plugin.name}"; install only one of them.`,
    )
  }
  owners.set(thing.name, thing.plugin.name)
  take()
}

function assertKinds(operation: AnyOperation, plugin: Plugin, kinds: ReadonlyMap<string, AnyKind>): void {
  const ports = [...Object.values(namedPorts(operation.input)), operation.output]
  const unknown = ports.flatMap(kindsOf).find((kind) => !kinds.has(kind))
  if (unknown !== undefined) {
    throw new ImageDocError(
      'PLUGIN_INVALID',
      `The operation "${operation.name}" of "${plugin.name}" uses the kind "${unknown}", which no plugin defines.`,
    )
  }
}
