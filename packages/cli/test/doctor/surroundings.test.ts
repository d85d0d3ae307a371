import { expect, it } from 'vitest'
import { checkVariables } from '../../src/doctor/surroundings.ts'

it('a variable that is misspelt is noted; what a checkout sets for itself is not', () => {
  const notes = (variables: Record<string, string>) => checkVariables([], variables).filter(({ status }) => status === 'note')
  expect(notes({ IMAGEDOC_CACHE_DRI: '/x' })).toMatchObject([
    { name: 'IMAGEDOC_CACHE_DRI', message: expect.stringContaining('IMAGEDOC_CACHE_DIR') },
  ])
  expect(notes({ IMAGEDOC_CWD: '/x' })).toEqual([])
})
