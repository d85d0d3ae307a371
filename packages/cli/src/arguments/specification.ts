/** One option of a command; the name is its key in the table, without dashes. */
export interface OptionSpecification {
  readonly type: 'boolean' | 'string'
  /** One letter. */
  readonly short?: string
  /** What stands for the value in help; strings only. */
  readonly value?: string
  readonly multiple?: boolean
  readonly summary: string
}

/** What a command is: all that help needs, and nothing that takes time to load. */
export interface CommandSpecification {
  readonly summary: string
  /** Behind the command's name, for example `PIPELINE INPUT… -o DIR [options]`. */
  readonly usage: string
  /** Paragraphs below the usage. */
  readonly details?: readonly string[]
  /** How many arguments it takes. */
  readonly positionals: { readonly min: number; readonly max: number; readonly missing: string }
  readonly options: Readonly<Record<string, OptionSpecification>>
  readonly examples: readonly string[]
}

type ValueOf<Option extends OptionSpecification> = Option['type'] extends 'boolean'
  ? boolean
  : Option extends { multiple: true }
    ? string[]
    : string

/** Values by option; what was not given is undefined. */
export type ValuesOf<Options extends Readonly<Record<string, OptionSpecification>>> = {
  [Name in keyof Options]?: ValueOf<Options[Name]>
}
