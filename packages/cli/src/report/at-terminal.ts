import { type CommandVariable, commandVariables } from '../configuration/variables.ts'

const variables: readonly CommandVariable[] = commandVariables

/** A message that speaks to programmers, for who sits at a terminal: options, limits and tokens are named as they are set there. Loads nothing: help uses it. */
export function atTerminal(message: string): string {
  return message
    .replace(/the option "([\w.]+)"(?: of @imagedoc\/plugin-[\w-]+)?/g, (option, name: string) => {
      const variable = variables.find((each) => each.option === name)?.name
      return variable === undefined ? option : `the variable ${variable} (in a configuration file: ${option})`
    })
    .replace(/raise limits\.(\w+) of createImageDoc/g, (raise, name: string) => {
      const variable = variables.find((each) => each.limit === name)?.name
      return variable === undefined ? raise : `raise the limit with the variable ${variable}`
    })
    .replace('Log in, then send it as "Authorization: Bearer <token>".', () =>
      process.env.IMAGEDOC_TOKEN
        ? 'It is the one in IMAGEDOC_TOKEN: set that to another, or unset it and write imagedoc login --server URL.'
        : 'Log in: imagedoc login --server URL.',
    )
}
