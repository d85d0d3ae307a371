// A process whose child computes for ever; the test kills it.
import { readFileSync } from 'node:fs'
import { createRegistry } from '../../src/plugin/registry.ts'
import { createChildrenRunner } from '../../src/runner/children.ts'
import faults from '../../src/testing/faults/module.ts'
import { callOf, hooks } from '../../src/testing/segment-call.ts'

const runner = createChildrenRunner({ registry: createRegistry([faults()]), children: 1 })
const begun = (): void => {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
  setTimeout(() => process.send?.(children.map(Number)), 200)
}
void runner.runSegment(callOf([{ use: 'fault.hang' }]), hooks({ started: begun }))
