import type { Plugin } from '@imagedoc/core'

const namespaceOf = (name: string): string => name.split('.')[0] ?? name

/** Every namespace of these plugins' operations, in order: `ocr` of `ocr.recognize`. */
export function namespacesOf(plugins: readonly Pick<Plugin, 'operations'>[]): readonly string[] {
  return [...new Set(plugins.flatMap(({ operations }) => operations.map(({ name }) => namespaceOf(name))))].sort()
}

/**
 * The namespace that a worker of this operation's pages must offer. Empty for what is no plugin's: any worker does it.
 * @param namespaces those of the plugins
 */
export function needsOf(use: string, namespaces: readonly string[]): string {
  const namespace = namespaceOf(use)
  return namespaces.includes(namespace) ? namespace : ''
}
