import type { Diagnostic } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { toldDiagnostic } from '../../src/records/told-pages.ts'

const diagnostic: Diagnostic = { code: 'BLANK', severity: 'info', message: 'The page is blank.' }
const told = (page: unknown) => toldDiagnostic({ ...diagnostic, page: page as never }).page

it('names the page of a diagnostic that an earlier server kept, as far as that is known', () => {
  expect(told({ input: 'input', position: 0, page: 4, part: 0 })).toEqual({ source: null, page: 4, part: [], copy: 0 })
  expect(told({ input: 'input', position: 0, page: 4, part: 1 })).toEqual({ source: null, page: 4, part: [1], copy: 0 })
})

it('leaves the others as they are', () => {
  const page = { source: null, page: 4, part: [0], copy: 1 }
  expect(told(page)).toEqual(page)
  expect(toldDiagnostic(diagnostic)).toBe(diagnostic)
})
