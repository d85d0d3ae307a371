import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistry } from '../plugin/registry.ts'
import type { StepRunner } from '../ports/step-runner.ts'
import { faultsOf } from './faults/plugin.ts'
import type { RunnerUnderTest, StepRunnerContract } from './runner-under-test.ts'
import { describeExpansions } from './step-runner-expansions.ts'
import { describeFaults } from './step-runner-faults.ts'
import { describeSegments } from './step-runner-segments.ts'

const faults = faultsOf(new URL(`./faults/module.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url).href)

/**
 * The contract of the port StepRunner. Its faults are operations of a plugin, which a runner loads as it loads any other.
 * @example describeStepRunnerContract('in process', { isolates: false, create: (registry) => createInProcessRunner({ registry, threads: 2 }) })
 */
export function describeStepRunnerContract(name: string, contract: StepRunnerContract): void {
  describe(`${name}: the contract of a step runner`, () => {
    const outside = process.env['TMPDIR']
    const folder = mkdtempSync(join(tmpdir(), 'imagedoc-contract-'))
    const create = (): StepRunner => contract.create(createRegistry([faults()]))
    let runner: StepRunner | undefined

    beforeAll(() => {
      // So that what is left behind can be counted.
      process.env['TMPDIR'] = folder
      runner = create()
    })
    afterAll(async () => {
      await runner?.[Symbol.asyncDispose]()
      if (outside === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = outside
      rmSync(folder, { recursive: true, force: true })
    })

    const underTest: RunnerUnderTest = { isolates: contract.isolates, create, runner: () => runner as StepRunner }
    describeSegments(underTest)
    describeFaults(underTest)
    describeExpansions(underTest)

    it('leaves no process and no folder behind when it is disposed', async () => {
      await runner?.[Symbol.asyncDispose]()
      expect(readdirSync(folder).filter((name) => name.startsWith('imagedoc-'))).toEqual([])
      expect(childrenOfThisProcess()).toEqual([])
    })
  })
}

/** Empty where the system has no /proc. */
function childrenOfThisProcess(): string[] {
  try {
    const file = `/proc/${process.pid}/task/${process.pid}/children`
    return readFileSync(file, 'utf8')
      .split(' ')
      .filter((pid) => pid.trim() !== '')
  } catch {
    return []
  }
}
