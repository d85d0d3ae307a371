import type { z } from 'zod'
import type { AnyKind } from '../artifact/kind.ts'
import { ImageDocError, type Json } from '../errors/error.ts'
import type { AnyOperation } from '../operation/operation.ts'
import type { Codec } from './codec.ts'
import { withoutSecrets } from './secret-options.ts'

/** The version of the plugin interface that this core speaks. */
export const API_VERSION = 1

/** A package of operations, made by the factory that {@link definePlugin} gives. */
export interface Plugin<Operations extends readonly AnyOperation[] = readonly AnyOperation[]> {
  /** The npm name. */
  readonly name: string
  readonly version: string
  readonly apiVersion: number
  /** URL of the module whose default export is the factory: threads and children import it. Undefined: they cannot. */
  readonly module: string | undefined
  /** The options without the secret ones: what threads and children call the factory with. */
  readonly publicOptions: Json | undefined
  readonly operations: Operations
  readonly kinds: readonly AnyKind[]
  readonly codecs: readonly Codec[]
}

/** What {@link definePlugin} takes. */
export interface PluginDefinition<Operations extends readonly AnyOperation[], Options extends z.ZodType> {
  name: string
  version: string
  apiVersion: 1
  /**
   * `import.meta.url` of the module that default-exports the factory: threads and children import it, so whatever else it does when it is imported
   * is done there, too. It may also export a function `hardenProcess`, for settings that
   * belong to a process and not to a library (threads of an engine, its cache, its loaders): a child process calls it once, before its
   * first page, and so does the command; threads never, because they share the process with the application.
   * @default none: every step runs in the main thread, with the diagnostic `PLUGIN_IN_PROCESS`, and `isolation: 'children'` refuses the plugin
   */
  module?: string
  /** JSON options; a secret one says so: `z.string().meta({ secret: true })`. */
  options?: Options
  setup(options: z.output<Options>): {
    operations: Operations
    kinds?: readonly AnyKind[]
    codecs?: readonly Codec[]
  }
}

/**
 * Defines a plugin and gives the factory that takes its options.
 * @throws PLUGIN_API_VERSION when it was written for another plugin interface; (the factory) INVALID_CONFIG for wrong options.
 * @example
 * export default definePlugin({ name: 'imagedoc-plugin-negate', version: '1.0.0', apiVersion: 1, module: import.meta.url,
 *   setup: () => ({ operations: [negate] }) })
 */
export function definePlugin<const Operations extends readonly AnyOperation[], Options extends z.ZodType = z.ZodUndefined>(
  definition: PluginDefinition<Operations, Options>,
): (options?: z.input<Options>) => Plugin<Operations> {
  const { name, version, apiVersion, module } = definition
  if (apiVersion !== API_VERSION) {
    throw new ImageDocError(
      'PLUGIN_API_VERSION',
      `The plugin "${name}" is built for plugin interface ${String(apiVersion)}; this is ${API_VERSION}. Install a version of "${name}" made for it.`,
    )
  }
  return (options) => {
    const parsed = parseOptions(name, definition.options, options)
    const { operations, kinds = [], codecs = [] } = definition.setup(parsed as z.output<Options>)
    const publicOptions = withoutSecrets(options as Json | undefined, definition.options)
    return { name, version, apiVersion, module, publicOptions, operations, kinds, codecs }
  }
}

function parseOptions(name: string, schema: z.ZodType | undefined, options: unknown): unknown {
  if (!schema) {
    if (options === undefined) return undefined
    throw new ImageDocError('INVALID_CONFIG', `The plugin "${name}" takes no options.`)
  }
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  // The values are left out of the message: one of them may be a secret.
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`)
  throw new ImageDocError('INVALID_CONFIG', `The options of the plugin "${name}" are wrong. ${problems.join('; ')}`)
}
