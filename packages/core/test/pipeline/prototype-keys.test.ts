import { expect, it } from 'vitest'
import { findProblems } from '../../src/pipeline/compile.ts'
import { createRegistry } from '../../src/plugin/registry.ts'

it('refuses __proto__ anywhere in a definition instead of dropping it', () => {
  const definition = JSON.parse('{ "version": 1, "__proto__": {}, "steps": [{ "use": "a.b", "with": { "__proto__": { "x": 1 } } }] }')
  const paths = findProblems(definition, createRegistry([])).map((problem) => problem.path)
  expect(paths).toContain('steps[0].with.__proto__')
  expect(paths).toContain('__proto__')
  expect(({} as { x?: number }).x).toBeUndefined()
})
