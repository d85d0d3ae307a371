import type { Registry } from '../plugin/registry.ts'
import type { StepRunner } from '../ports/step-runner.ts'

/** What a StepRunner must do, and what it promises. */
export interface StepRunnerContract {
  /** A runner with two threads or children; the suite disposes it. A child or thread may use 300 MB. */
  create(registry: Registry): StepRunner
  /** True when a step runs in a process of its own: then a segfault, an abort and native memory fail one page alone, too. */
  isolates: boolean
}

/** What the parts of the suite share. */
export interface RunnerUnderTest extends Omit<StepRunnerContract, 'create'> {
  runner(): StepRunner
  create(): StepRunner
}
