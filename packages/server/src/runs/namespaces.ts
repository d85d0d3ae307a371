import type { Plugin } from '@imagedoc/core'

/** The namespace of an operation, which a worker of its pages must offer: `ocr` of `ocr.recognize`. */
export function namespaceOf(use: string): string {
  return use.split('.')[0] ?? use
}

/** Every namespace of these plugins' operations, in order. */
export function namespacesOf(plugins: readonly Pick<Plugin, 'operations'>[]): readonly string[] {
  return [...new Set(plugins.flatMap(({ operations }) => operations.map(({ name }) => namespaceOf(name))))].sort()
}
