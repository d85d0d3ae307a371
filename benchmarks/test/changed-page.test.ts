import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createImageDoc, fromBytes, type RunResult } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { pdfOf } from '../src/harness/pages.ts'
import { fileDrivers, temporaryFolder } from '../src/harness/workspace.ts'

const size = { width: 800, height: 1000, dpi: 100 }

/** Grain, so that it is too large for a record of the cache. */
async function scan(seed: number): Promise<Uint8Array> {
  let state = seed
  const grain = Uint8Array.from({ length: size.width * size.height }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
  const jpeg = sharp(grain, { raw: { ...size, channels: 1 } }).jpeg({ quality: 90 })
  return new Uint8Array(await jpeg.toBuffer())
}

const bytesOf = async (result: RunResult): Promise<Uint8Array[]> => {
  const pages = await Array.fromAsync(result.outputs['page.jpg'] ?? [])
  return Promise.all(pages.map(async (page) => new Uint8Array(await page.bytes())))
}

it('takes every page out of a PDF of which one page has changed, also where the bytes of the others are lost meanwhile', async () => {
  await using folder = await temporaryFolder()
  await using imagedoc = createImageDoc({ plugins: [image(), pdf()], ...fileDrivers(folder.path) })
  const run = async (scans: readonly Uint8Array[]): Promise<RunResult> =>
    imagedoc.run(
      { version: 1, steps: [{ id: 'pages', use: 'document.pages' }], outputs: { 'page.jpg': 'pages' } },
      { input: fromBytes(await pdfOf(scans, size), { name: 'letters.pdf' }) },
    )
  const before = await Promise.all([1, 2, 3].map(scan))
  expect(await bytesOf(await run(before))).toEqual(before)
  const after = before.with(1, await scan(4))
  const changed = await run(after)
  expect(changed).toMatchObject({ status: 'done', receipt: { steps: [{ pages: { hit: 0, miss: 3 } }] } })
  for (const bytes of before) {
    const digest = createHash('sha256').update(bytes).digest('hex')
    await rm(join(folder.path, 'cache', digest.slice(0, 2), digest))
  }
  expect(await bytesOf(changed)).toEqual(after)
  for await (const page of changed.outputs['page.jpg'] ?? []) expect(page.origin.source).toBe(changed.receipt.inputs['input']?.[0]?.digest)
})
