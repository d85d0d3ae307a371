import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createAsker } from '../../src/server/ask.ts'

/** A terminal: what is typed, and all that is shown. */
function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY })
  const output = new PassThrough()
  let shown = ''
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
  })
  return { input, output, shown: () => shown }
}

describe('asking on a terminal', () => {
  it('shows a name while it is typed, and never a password', async () => {
    const { input, output, shown } = terminal(true)
    using ask = createAsker({ input, output })
    const name = ask.line('User name: ')
    for (const key of 'ana\r') input.write(key)
    expect(await name).toBe('ana')
    const secret = ask.secret('Password: ')
    for (const key of 'top secreh\x7ft\r') input.write(key)
    expect(await secret).toBe('top secret')
    expect(stripVTControlCharacters(shown())).toContain('User name: ana')
    expect(shown().slice(shown().indexOf('Password: '))).toBe('Password: \n')
  })

  it('is cancelled by Ctrl-C', async () => {
    const { input, output } = terminal(true)
    using ask = createAsker({ input, output })
    const secret = ask.secret('Password: ')
    input.write('half\x03')
    await expect(secret).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('asking where nobody sits', () => {
  it('takes a line for each answer, also from one piece, and says which one is missing', async () => {
    const { input, output, shown } = terminal(false)
    using ask = createAsker({ input, output })
    input.end('token\npass word \n')
    expect(await ask.secret('Setup token: ')).toBe('token')
    expect(await ask.secret('Password: ')).toBe('pass word ')
    await expect(ask.secret('Password: ')).rejects.toMatchObject({ code: 'INPUT_MISSING', message: expect.stringContaining('"Password"') })
    expect(shown()).toBe('')
  })
})
