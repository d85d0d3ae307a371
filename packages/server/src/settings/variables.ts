import { ImageDocError } from '@imagedoc/core'

/** One `IMAGEDOC_*` variable: the configuration table of the docs is made from these. */
export interface Variable<Value> {
  readonly name: string
  /** As the table shows it. */
  readonly default: string
  readonly meaning: string
  /** What a value has to look like; ends the sentence "it expects ...". */
  readonly expects: string
  /** Undefined for a value that is none. */
  parse(value: string): Value | undefined
  readonly fallback: Value
}

/** What is set; a value of nothing but spaces counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>

/** @throws INVALID_CONFIG naming the variable and what it expects; never its value, which may be a secret */
export function readVariable<Value>(variable: Variable<Value>, environment: Environment): Value {
  const value = environment[variable.name]?.trim()
  if (!value) return variable.fallback
  const parsed = variable.parse(value)
  if (parsed !== undefined) return parsed
  throw new ImageDocError('INVALID_CONFIG', `The environment variable ${variable.name} is wrong; it expects ${variable.expects}.`, {
    details: { variable: variable.name },
  })
}
