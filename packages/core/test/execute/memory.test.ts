import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop } from '../workshop/workshop.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How many of the pixels that steps were given are still held. */
async function alive(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let round = 0; round < 5; round++) {
    collectGarbage()
    await turn()
  }
  return refs.filter((ref) => ref.deref() !== undefined).length
}

describe('memory', () => {
  it.each(['gathered', 'joined'] as const)('is given back page by page, %s', async (how) => {
    await using shop = openWorkshop({ concurrency: 2 })
    const refs: WeakRef<object>[] = []
    let most = 0
    shop.log.made = (pixels) => void refs.push(new WeakRef(pixels))
    shop.log.before = async (operation) => {
      if (operation === 'read') most = Math.max(most, await alive(refs))
    }
    const start = shop.imagedoc.pipeline().step('test.pages').step('test.add')
    const pipeline =
      how === 'gathered'
        ? start.step('test.clean').step('test.read').step('test.join')
        : start
            .step('test.pages', {}, { id: 'again', from: 'input' })
            .step('test.stamp', {}, { from: { page: 'test.add', mark: 'again' } })
            .step('test.read')
            .step('test.join')
    const file = imageFile({ mediaType: 'image/tiff', pages: 16, width: 1000, height: 300 })
    const { status, error } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
    expect([status, error]).toEqual(['done', undefined])
    expect(refs.length).toBeGreaterThanOrEqual(32)
    // Two pages in flight, each with the pixels of the steps it stands between.
    expect(most).toBeLessThanOrEqual(10)
  })
})
