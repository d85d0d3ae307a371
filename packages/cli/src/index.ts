// What a program needs to start the command and to read what `--json` writes.

export type { InputStatus, InputSummary, OutputSummary, StepSummary, Summary } from './batch/summary.ts'
export { main } from './main.ts'
