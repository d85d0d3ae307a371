import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { encodedInFile, fileOf } from '../../src/artifact/file-bytes.ts'
import { pdfKind } from '../../src/artifact/kind.ts'
import { createParentLink } from '../../src/runner/parent-link.ts'
import type { FromHost } from '../../src/runner/protocol.ts'
import { wireCall } from '../../src/runner/wire-call.ts'
import { callOf } from '../../src/testing/segment-call.ts'

const path = join(tmpdir(), `imagedoc-large-${process.pid}`)
afterEach(() => import('node:fs').then(({ rmSync }) => rmSync(path, { force: true })))

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256)
const streamed = {
  kind: 'pdf',
  meta: null,
  mediaType: 'application/pdf',
  properties: {},
  load: async () => bytes,
  stream: async () => new ReadableStream(),
}

/** A link whose asks are answered with this. */
function linkAnswering(value: unknown) {
  let asked = 0
  const link = createParentLink(
    (message: FromHost) => {
      if (message.type !== 'ask') return
      asked++
      link.answer({ type: 'answer', ask: message.ask, value })
    },
    () => 1,
  )
  return { link, asked: () => asked }
}

it('an input that came as a file is read when its bytes are asked for, and goes with the task', async () => {
  await writeFile(path, bytes)
  const { link, asked } = linkAnswering({ path, size: bytes.length })
  const [input] = link.call(wireCall(callOf([{ use: 'x' }], { inputs: [streamed] }))).inputs
  expect(await input?.file?.()).toEqual({ path, size: 1000 })
  expect(await input?.load()).toEqual(bytes)
  expect(asked()).toBe(1)
  link.dropFiles()
  expect(existsSync(path)).toBe(false)
})

it('an input that came in a message has no file, and a small one is never asked for it', async () => {
  const { link } = linkAnswering(bytes)
  const { stream: _, ...small } = streamed
  const inputs = link.call(wireCall(callOf([{ use: 'x' }], { inputs: [streamed, small] }))).inputs
  expect(await inputs[0]?.file?.()).toBeUndefined()
  expect(inputs[1]?.file).toBeUndefined()
  expect(await inputs[0]?.load()).toEqual(bytes)
})

it('a value in a file is one as any other, whose file can be asked for', async () => {
  await writeFile(path, bytes)
  const value = pdfKind.fromBytes(encodedInFile('application/pdf', { path, size: bytes.length }), { pages: null })
  expect(fileOf(value)).toEqual({ path, size: 1000 })
  expect([...value.bytes]).toEqual([...(await readFile(path))])
  expect(value.bytes).toBe(value.bytes)
  expect(fileOf({ mediaType: 'application/pdf', bytes })).toBeUndefined()
})
