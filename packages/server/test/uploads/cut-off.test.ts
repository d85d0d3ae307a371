import { digestOf } from '@imagedoc/core'
import { multiPageTiff, renderPage, scannedPdf } from '@imagedoc/fixtures'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { claimUpload } from '../../src/uploads/claim.ts'
import { createUploadRoutes } from '../../src/uploads/routes.ts'
import { appFor, openServer, type TestServer } from './support.ts'
import { type TusClient, tusClient } from './tus-client.ts'

const page = await renderPage({ seed: 1, width: 300, height: 400 })
const large = await renderPage({ seed: 2, layout: 'letter', dpi: 60 })

let server: TestServer
let ana: Caller
let client: TusClient
beforeAll(async () => {
  server = await openServer()
  ana = await server.addCaller('ana')
  client = tusClient(appFor(createUploadRoutes(server.services), ana))
})
afterAll(() => server[Symbol.asyncDispose]())

const begin = (bytes: Uint8Array, share: number): Uint8Array => bytes.subarray(0, Math.round(bytes.length * share))

it.each([
  ['page.jpg', async () => begin(await large.jpeg(), 0.8)],
  ['page.png', async () => begin(await large.png(), 0.8)],
  ['page.tif', async () => begin(greyTiff(100, 200), 0.8)],
  ['pages.tif', async () => begin(multiPageTiff([page, page, page]), 0.9)],
  ['pages.pdf', async () => begin(await scannedPdf([page, page]), 0.95)],
])('%s that is cut off is refused and says why, and taken when only this is left of it', async (filename, make) => {
  const bytes = await make()
  const { response, id } = await client.send(bytes, { filename })
  expect(response.status).toBe(422)
  const { error } = (await response.json()) as { error: { code: string; message: string; details: unknown } }
  expect(error).toMatchObject({ code: 'CORRUPT_INPUT', details: { cutOff: true } })
  expect(error.message).toMatch(new RegExp(`^"${filename}" ends before it is whole\\. .*(missing|cut off|lost)`))
  expect(error.message).toContain('acceptDamaged')
  expect(await server.services.tables.uploads.get(id)).toBeUndefined()
  const taken = await client.send(bytes, { filename, acceptDamaged: 'true' })
  expect(taken.response.status).toBe(204)
  expect((await claimUpload(server.services, ana, taken.id)).original.digest).toBe(digestOf(bytes))
})

it('an image of which the greater part is missing is refused, whatever is left: no step could read it', async () => {
  const bytes = begin(await large.png(), 0.2)
  for (const metadata of [undefined, { acceptDamaged: 'true' }]) {
    const { response } = await client.send(bytes, metadata)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      error: { code: 'CORRUPT_INPUT', message: expect.stringContaining('of the image is missing') },
    })
  }
})

it.each([
  ['damaged inside', async () => flipped(await large.png(), 0.8)],
  ['whole, with bytes behind its end', async () => Buffer.concat([await large.jpeg(), Buffer.alloc(5000)])],
  ['whole but for the end mark of a JPEG', async () => (await large.jpeg()).subarray(0, -2)],
  ['whole but for the last chunk of a PNG', async () => (await large.png()).subarray(0, -12)],
])('a file that is %s is taken', async (_, make) => {
  expect((await client.send(await make(), { filename: 'page' })).response.status).toBe(204)
})

/** A TIFF whose directory stands before its one strip. */
function greyTiff(width: number, height: number): Uint8Array {
  const fields = [
    [256, width],
    [257, height],
    [258, 8],
    [262, 1],
    [273, 122],
    [278, height],
    [279, width * height],
  ] as const
  const file = Buffer.alloc(122 + width * height, 0x80)
  file.write('II*\0', 'latin1')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(fields.length, 8)
  // Each one value of type LONG.
  for (const [index, [tag, value]] of fields.entries())
    for (const [at, part] of [tag | (4 << 16), 1, value].entries()) file.writeUInt32LE(part, 10 + index * 12 + at * 4)
  file.writeUInt32LE(0, 10 + fields.length * 12)
  return file
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Buffer.from(bytes)
  const index = Math.round(copy.length * at)
  copy.writeUInt8(copy.readUInt8(index) ^ 0x55, index)
  return copy
}
