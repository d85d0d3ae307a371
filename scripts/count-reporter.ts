import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

/** Says at the very end what was skipped and why, and how many tests there were, as one plain line that a program can read. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    // A file that cannot be loaded has no tests to fail, and an error outside of every test has none either.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandled.length
    const skipped = [...inState('skipped'), ...inState('pending')]
    const failed = inState('failed').length + broken
    const lines = [...skipped.map(reasonOf), `${inState('passed').length} passed, ${failed} failed, ${skipped.length} skipped`]
    // Vitest itself still speaks after this hook.
    process.on('exit', () => writeSync(1, `\n${lines.join('\n')}\n`))
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  const reason = note ?? (test.options.mode === 'todo' ? 'to do' : 'no reason given')
  return `skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${reason}`
}
