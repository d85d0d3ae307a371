import { expect, it } from 'vitest'
import { createLog } from '../../src/logging/log.ts'

it('the log is lines for people on a terminal, without secrets, empty facts and letters that move the cursor', () => {
  const written: string[] = []
  const log = createLog('info', { stderr: { isTTY: true, write: (text: string | Uint8Array) => written.push(String(text)) > 0 } })
  log.info({ swept: { trash: 0, tokens: 2 }, reason: null }, 'swept')
  log.warn({ token: 'secret', origin: 'https://a\u001b[2J' }, 'refused')
  log.error({ code: 'INTERNAL', stack: 'Error: x\n    at y' }, 'fault')
  expect(written.map((line) => line.replace(/^\d\d:\d\d:\d\d/, 'TIME'))).toEqual([
    'TIME            swept  swept.tokens=2\n',
    'TIME  warning   refused  token=[Redacted]  origin=https://a\\x1b[2J\n',
    'TIME  error     fault  code=INTERNAL\nError: x\n    at y\n',
  ])
})
