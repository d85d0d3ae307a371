import { describe, expect, it, vi } from 'vitest'
import { abortError, errorCodes, ImageDocError, isImageDocError, throwIfAborted, toImageDocError } from '../../src/index.ts'

const exits = {
  1: 'failed',
  2: 'usage',
  3: 'missing',
  4: 'partial',
  5: 'refused',
  6: 'limit',
  7: 'engine',
  8: 'provider, cache or store',
  9: 'plugin',
  10: 'not allowed',
  70: 'fault',
  130: 'cancel',
}

describe('the table of error codes', () => {
  it.each(Object.entries(errorCodes))('has everything about %s', (code, { status, trpc, exit, retryable, meaning }) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(trpc).toMatch(/^[A-Z_]+$/)
    expect(Object.keys(exits)).toContain(String(exit))
    expect(typeof retryable).toBe('boolean')
    expect(meaning).toMatch(/^[A-Z].{10,}\.$/)
  })
})

describe('an error', () => {
  const error = new ImageDocError('PROVIDER_UNREACHABLE', 'No answer.', {
    path: 'steps[1]',
    details: { tries: 3 },
    cause: new Error('ECONNREFUSED 10.0.0.1'),
  })

  it('goes over the wire without its stack and its cause, and comes back the same', () => {
    const wire = JSON.parse(JSON.stringify(error))
    expect(wire).toEqual({ code: 'PROVIDER_UNREACHABLE', message: 'No answer.', path: 'steps[1]', details: { tries: 3 }, retryable: true })
    const back = ImageDocError.fromJSON(wire)
    expect(back.toJSON()).toEqual(wire)
    expect(isImageDocError(back)).toBe(true)
  })

  it('leaves out what it does not have', () => {
    expect(Object.keys(new ImageDocError('INTERNAL', 'Oh.').toJSON())).toEqual(['code', 'message', 'retryable'])
  })

  it('may be retried when its table says so, or its maker', () => {
    expect(error.retryable).toBe(true)
    expect(new ImageDocError('ENGINE_FAILED', 'x').retryable).toBe(false)
    expect(new ImageDocError('ENGINE_FAILED', 'x', { retryable: true }).retryable).toBe(true)
  })

  it('is recognised although another copy of the package made it', async () => {
    vi.resetModules()
    const copy = await import('../../src/errors/error.ts')
    expect(copy.ImageDocError).not.toBe(ImageDocError)
    expect(isImageDocError(new copy.ImageDocError('USAGE', 'x'))).toBe(true)
    expect(copy.isImageDocError(error)).toBe(true)
    for (const other of [new Error('x'), { code: 'USAGE' }, null, undefined, 'USAGE']) expect(isImageDocError(other)).toBe(false)
  })

  it('of another kind becomes one of ours with the original as its cause', () => {
    const original = new TypeError('bad')
    expect(toImageDocError(original, 'INTERNAL', 'While testing')).toMatchObject({
      code: 'INTERNAL',
      message: 'While testing: bad',
      cause: original,
    })
    expect(toImageDocError('thrown text', 'INTERNAL').message).toBe('thrown text')
    expect(toImageDocError(error, 'INTERNAL')).toBe(error)
  })
})

describe('a cancelled signal', () => {
  it('throws CANCELLED, or the error that was given as its reason', () => {
    expect(() => throwIfAborted(undefined)).not.toThrow()
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow()
    expect(() => throwIfAborted(AbortSignal.abort())).toThrowError(expect.objectContaining({ code: 'CANCELLED' }))
    const reason = new ImageDocError('STEP_TIMEOUT', 'Too long.')
    expect(abortError(AbortSignal.abort(reason))).toBe(reason)
  })
})
