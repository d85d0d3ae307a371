import { describe, expect, it } from 'vitest'
import { createCompany } from '../../src/turns/company.ts'

const never = new AbortController().signal

/** Work that is begun when it may be, and ends when it is told to. */
function openWork() {
  const company = createCompany()
  const begun: string[] = []
  const begin = (name: string, how: 'beside others' | 'alone', signal = never) => {
    const end = Promise.withResolvers<void>()
    const done = company.run(
      how,
      () => {
        begun.push(name)
        return end.promise
      },
      signal,
    )
    done.catch(() => undefined)
    return { end: end.resolve, fail: end.reject, done }
  }
  return { begun, begin }
}

describe('work that is to be done alone', () => {
  it('waits for what is being done, and what comes later waits for it', async () => {
    const { begun, begin } = openWork()
    const [a, b] = [begin('a', 'beside others'), begin('b', 'beside others')]
    const suspect = begin('suspect', 'alone')
    const later = begin('later', 'beside others')
    await Promise.resolve()
    expect(begun).toEqual(['a', 'b'])
    a.end()
    await a.done
    expect(begun).toEqual(['a', 'b'])
    b.end()
    await expect.poll(() => begun).toEqual(['a', 'b', 'suspect'])
    suspect.fail(new Error('It broke.'))
    await expect(suspect.done).rejects.toThrow('It broke.')
    await expect.poll(() => begun).toEqual(['a', 'b', 'suspect', 'later'])
    later.end()
    await later.done
  })

  it('is done one after the other', async () => {
    const { begun, begin } = openWork()
    const [first, second] = [begin('first', 'alone'), begin('second', 'alone')]
    await expect.poll(() => begun).toEqual(['first'])
    first.end()
    await expect.poll(() => begun).toEqual(['first', 'second'])
    second.end()
    await second.done
  })

  it('keeps nobody waiting when it is given up before it began', async () => {
    const { begun, begin } = openWork()
    const stop = new AbortController()
    const a = begin('a', 'beside others')
    const suspect = begin('suspect', 'alone', stop.signal)
    const later = begin('later', 'beside others')
    stop.abort()
    await expect(suspect.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => begun).toEqual(['a', 'later'])
    a.end()
    later.end()
    await Promise.all([a.done, later.done])
  })
})
