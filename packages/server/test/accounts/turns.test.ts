import { describe, expect, it } from 'vitest'
import { createTurns } from '../../src/accounts/turns.ts'

/** Work that ends when it is told to. */
function controlled() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { promise, resolve, reject }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('turns', () => {
  it('run so many at once, and the others in the order in which they came', async () => {
    const inTurn = createTurns({ atOnce: 2, waiting: 10 })
    const works = Array.from({ length: 4 }, controlled)
    const begun: number[] = []
    const all = works.map(({ promise }, index) =>
      inTurn(() => {
        begun.push(index)
        return promise
      }),
    )
    await settled()
    expect(begun).toEqual([0, 1])
    works[1]?.resolve('second')
    await settled()
    expect(begun).toEqual([0, 1, 2])
    works[0]?.resolve('first')
    await settled()
    expect(begun).toEqual([0, 1, 2, 3])
    works[2]?.resolve('third')
    works[3]?.resolve('fourth')
    expect(await Promise.all(all)).toEqual(['first', 'second', 'third', 'fourth'])
  })

  it('go on after work that failed', async () => {
    const inTurn = createTurns({ atOnce: 1, waiting: 10 })
    const failing = inTurn(async () => {
      throw new Error('failed')
    })
    const next = inTurn(async () => 'next')
    await expect(failing).rejects.toThrow('failed')
    expect(await next).toBe('next')
  })

  it('refuse at once when too many wait, and say when to come back', async () => {
    const inTurn = createTurns({ atOnce: 1, waiting: 1 })
    const work = controlled()
    const [first, second] = [inTurn(() => work.promise), inTurn(() => work.promise)]
    await expect(inTurn(() => work.promise)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 5 } })
    work.resolve('done')
    expect(await Promise.all([first, second])).toEqual(['done', 'done'])
    expect(await inTurn(async () => 'again')).toBe('again')
  })
})
