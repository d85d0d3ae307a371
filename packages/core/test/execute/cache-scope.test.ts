import { describe, expect, it } from 'vitest'
import { digestOf, type Receipt } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textInput } from '../workshop/workshop.ts'

const file = imageFile({ mediaType: 'image/tiff', pages: 3 })
const chain = ({ imagedoc }: ReturnType<typeof openWorkshop>) =>
  imagedoc.pipeline().step('test.pages').step('test.add').step('test.clean').step('test.read').step('test.join')
const keysOf = ({ steps }: Receipt) => steps.map(({ key }) => key)

describe('a run with a scope of the cache', () => {
  it('finds what runs of the same scope have made, and nothing of others', async () => {
    await using shop = openWorkshop()
    const run = async (cacheScope?: string) => {
      const { receipt } = await shop.imagedoc.run(chain(shop), { input: imageInput(file) }, { cacheScope })
      return { taken: shop.log.taken(), keys: keysOf(receipt) }
    }
    const all = { pages: 3, add: 3, clean: 3, read: 3, join: 1 }
    const runs = [await run('ana'), await run('bruno'), await run(), await run('ana'), await run('bruno'), await run()]
    expect(runs.map(({ taken }) => taken)).toEqual([all, all, all, {}, {}, {}])
    // A receipt says what a result depends on, which is not who may find it.
    expect(new Set(runs.map(({ keys }) => JSON.stringify(keys))).size).toBe(1)
  })

  it('finds a step whose inputs came out the same again, through the pointer that was left', async () => {
    await using shop = openWorkshop()
    const run = (add: number, cacheScope: string) =>
      shop.imagedoc.run(
        shop.imagedoc.pipeline().step('test.pages').step('test.add', { by: add }).step('test.clean', { by: -add }).step('test.read'),
        { input: imageInput(file) },
        { cacheScope },
      )
    for (const add of [1, 2]) await run(add, 'ana')
    shop.log.taken()
    await run(2, 'ana')
    expect(shop.log.taken()).toEqual({})
  })

  it('keeps sub-results of a step apart as well', async () => {
    await using shop = openWorkshop()
    const run = (cacheScope: string) =>
      shop.imagedoc.run(shop.imagedoc.pipeline().step('test.translate', { to: 'de' }), { input: textInput('one two') }, { cacheScope })
    await run('ana')
    await run('bruno')
    expect(shop.provider.calls).toBe(4)
  })

  it('is explained by what it will find', async () => {
    await using shop = openWorkshop()
    const input = imageInput(file)
    await shop.imagedoc.run(chain(shop), { input }, { cacheScope: 'ana' })
    const explain = async (cacheScope?: string) =>
      (await shop.imagedoc.explain(chain(shop), { input }, { cacheScope })).steps.find(({ id }) => id === 'test.join')
    expect(await explain('ana')).toMatchObject({ cache: 'hit' })
    for (const scope of ['bruno', undefined]) expect(await explain(scope)).not.toMatchObject({ cache: 'hit' })
  })

  it('forgets what came from an original in every scope', async () => {
    await using shop = openWorkshop()
    for (const cacheScope of ['ana', 'bruno', undefined]) await shop.imagedoc.run(chain(shop), { input: imageInput(file) }, { cacheScope })
    expect(await shop.cache.forget(digestOf(file))).toBeGreaterThan(0)
    expect((await shop.cache.stats()).entries).toBe(0)
  })

  it('does not learn that the bytes of a page are stored already', async () => {
    await using shop = openWorkshop()
    const large = imageFile({ mediaType: 'image/tiff', pages: 2, width: 700, height: 400 })
    await shop.imagedoc.run(chain(shop), { input: imageInput(large) }, { cacheScope: 'ana' })
    const { receipt, status } = await shop.imagedoc.run(chain(shop), { input: imageInput(large) }, { cacheScope: 'bruno' })
    expect(status).toBe('done')
    expect(receipt.steps.map(({ cache }) => cache)).not.toContain('hit')
  })
})
