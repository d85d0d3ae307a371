import { type CommandVariable, commandVariables } from '../configuration/variables.ts'

const variables: readonly CommandVariable[] = commandVariables

/** A message of a plugin, which speaks to programmers, for who sits at a terminal: options that a variable sets are named by it. */
export function atTerminal(message: string): string {
  return message.replace(/the option "([\w.]+)"(?: of @imagedoc\/plugin-[\w-]+)?/g, (option, name: string) => {
    const variable = variables.find((each) => each.option === name)?.name
    return variable === undefined ? option : `the variable ${variable} (in a configuration file: ${option})`
  })
}
