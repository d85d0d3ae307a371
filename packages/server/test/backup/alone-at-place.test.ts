import { expect, it } from 'vitest'
import { takeAlone } from '../../src/backup/alone-at-place.ts'
import { createFolderNotes } from '../../src/backup/notes.ts'
import { freshFolder } from './stores.ts'

const at = (time: string) => (): Date => new Date(`2026-12-01T${time}Z`)

it('one backup has a place until it ends, or was not heard of for two minutes', async () => {
  await using stack = new AsyncDisposableStack()
  const notes = createFolderNotes(await freshFolder(stack))
  const first = await takeAlone(notes, 'first', at('10:00:00'))
  await expect(takeAlone(notes, 'second', at('10:01:59'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
  expect(await notes.list()).toEqual(['first.running'])
  await first[Symbol.asyncDispose]()
  const killed = stack.use(await takeAlone(notes, 'killed', at('10:02:00')))
  await using _third = await takeAlone(notes, 'third', at('10:04:00'))
  expect(await notes.list()).toEqual(['third.running'])
  expect(killed.signal.aborted).toBe(false)
})

it('what another program wrote in place of a sign of life counts as none', async () => {
  await using stack = new AsyncDisposableStack()
  const notes = createFolderNotes(await freshFolder(stack))
  await notes.write('other.running', 'not JSON')
  await using _own = await takeAlone(notes, 'own', at('10:00:00'))
  expect(await notes.list()).toEqual(['own.running'])
})
