// What a program needs to start the command, to read what `--json` writes, and to document the variables.

export type { InputStatus, InputSummary, OutputSummary, StepSummary, Summary } from './batch/summary.ts'
export { type CommandVariable, commandVariables } from './configuration/variables.ts'
export { main } from './main.ts'
