import { describe, expect, it } from 'vitest'
import { ImageDocError } from '../../src/errors/error.ts'
import { childEnvironment, childFlags } from '../../src/runner/child-environment.ts'
import { createExpansionSlots } from '../../src/runner/expansion-slots.ts'
import { createSemaphore } from '../../src/runner/semaphore.ts'
import { joinPath, stepError } from '../../src/runner/step-error.ts'
import { step } from '../../src/testing/segment-call.ts'

describe('the path of an error', () => {
  it.each([
    [undefined, 'steps[2]'],
    ['left', 'steps[2].with.left'],
    ['with.left', 'steps[2].with.left'],
    ['with', 'steps[2].with'],
    ['boxes[1].left', 'steps[2].with.boxes[1].left'],
    ['[1].left', 'steps[2].with[1].left'],
    ['steps[2].with.left', 'steps[2].with.left'],
  ])('joins %s to the step', (inner, whole) => {
    expect(joinPath('steps[2]', inner)).toBe(whole)
  })

  it('is set on a copy, which keeps all else of the error', () => {
    const error = new ImageDocError('ENGINE_FAILED', 'It did.', { details: { exit: 1 }, retryable: true })
    const located = stepError(error, step({ use: 'fault.add' }, 2))
    expect(error.path).toBeUndefined()
    expect(located).toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'It did.',
      path: 'steps[2]',
      details: { exit: 1 },
      retryable: true,
      cause: error,
    })
  })
})

it.each(['ENOSPC', 'EDQUOT'])('a step that finds no room for its temporary files (%s) can be tried again', (code) => {
  const error = Object.assign(new Error(`${code}: no space left on device, write`), { code })
  expect(stepError(error, step({ use: 'fault.add' }, 2))).toMatchObject({ code: 'STORE_FULL', path: 'steps[2]', retryable: true })
})

describe('a semaphore', () => {
  it('lets so many in, the others in their order, and nobody who has left', async () => {
    const semaphore = createSemaphore(1)
    const never = new AbortController().signal
    const leaving = new AbortController()
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    const first = semaphore.run(never, () => gate.promise)
    const second = semaphore.run(leaving.signal, async () => void order.push('second'))
    const third = semaphore.run(never, async () => void order.push('third'))
    leaving.abort()
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
    gate.resolve()
    await Promise.all([first, third])
    expect(order).toEqual(['third'])
    await expect(semaphore.run(leaving.signal, async () => {})).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('gives its room back after a failure', async () => {
    const semaphore = createSemaphore(1)
    const { signal } = new AbortController()
    await expect(semaphore.run(signal, async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await semaphore.run(signal, async () => 'in')).toBe('in')
  })
})

describe('the slots of open expansions', () => {
  it('evict the one that was idle longest, and wait while all are busy', async () => {
    const slots = createExpansionSlots(2)
    const evicted: string[] = []
    const slot = (name: string) => ({ busy: true, evict: () => void evicted.push(name) })
    const first = slot('first')
    const second = slot('second')
    const { signal } = new AbortController()
    await slots.enter(first, signal)
    await slots.enter(second, signal)
    const leaving = new AbortController()
    const third = slots.enter(slot('third'), signal)
    const fourth = slots.enter(slot('fourth'), leaving.signal)
    leaving.abort()
    await expect(fourth).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(evicted).toEqual([])
    for (const idle of [second, first]) {
      idle.busy = false
      slots.idle(idle)
    }
    await third
    expect(evicted).toEqual(['second'])
  })
})

describe('a child', () => {
  it('gets the flags that find sources, and none of a debugger, of a test or of code on the command line', () => {
    const flags = childFlags(
      ['--conditions=@imagedoc/source', '--inspect-brk=0', '-e', 'code', '--import', 'tsx', '--max-old-space-size=1'],
      '-C other',
      2 ** 28,
    )
    expect(flags).toEqual(['--conditions=@imagedoc/source', '--import', 'tsx', '--conditions=other', '--max-old-space-size=256'])
  })

  it('gets an environment without anything that may be a secret', () => {
    const environment = {
      PATH: '/bin',
      LC_ALL: 'C',
      AWS_SECRET_ACCESS_KEY: 'x',
      IMAGEDOC_REDIS_URL: 'x',
      NODE_OPTIONS: 'x',
      TMPDIR: '/tmp',
    }
    expect(childEnvironment(environment, '/tmp/own')).toEqual({
      PATH: '/bin',
      LC_ALL: 'C',
      TMPDIR: '/tmp/own',
      TMP: '/tmp/own',
      TEMP: '/tmp/own',
    })
  })
})
