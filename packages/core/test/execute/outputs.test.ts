import { describe, expect, it } from 'vitest'
import { fromFile, fromStream, type Output } from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

describe('outputs', () => {
  it('are sequences by the types of the pipeline, also when there is one page', async () => {
    await using shop = openWorkshop()
    const pages = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.pages').step('test.read'), { input: imageInput(imageFile()) })
    expect(pages.outputs['test.read.txt']).toMatchObject({ sequence: true, length: 1, kind: 'text' })
    const single = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.read'), { input: imageInput(imageFile()) })
    expect(single.outputs['test.read.txt']).toMatchObject({ sequence: false, length: 1 })
  })

  it('are named after the last step and its kind when nobody names them', async () => {
    await using shop = openWorkshop()
    const { imagedoc } = shop
    const names = async (pipeline: Parameters<typeof imagedoc.run>[0]): Promise<string[]> =>
      Object.keys((await imagedoc.run(pipeline, { input: imageInput(imageFile()) })).outputs)
    expect(await names(imagedoc.pipeline().step('test.add'))).toEqual(['test.add.png'])
    expect(await names(imagedoc.pipeline().step('test.encode', { format: 'tiff' }))).toEqual(['test.encode.tif'])
    expect(await names(imagedoc.pipeline().step('test.add').step('test.add', {}, { id: 'twice' }))).toEqual(['twice.png'])
    expect(await names({ version: 1, steps: [{ use: 'test.add' }, { use: 'test.add' }] })).toEqual(['test.add-2.png'])
  })

  it('encode pixels in the format that the name says', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.add').outputs({ 'a.tiff': 'test.add', 'b.png': 'test.add' })
    const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile()) })
    const tiff = await (outputs['a.tiff'] as Output).one()
    expect(tiff).toMatchObject({ kind: 'image', descriptor: { mediaType: 'image/tiff' } })
    expect((await (outputs['b.png'] as Output).one()).descriptor?.mediaType).toBe('image/png')
    expect(shop.log.count('add')).toBe(1)
  })

  it('give the only artifact, and say so when there are several or none', async () => {
    await using shop = openWorkshop()
    const { outputs } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.words'), { input: textInput('one two') })
    const output = outputs['test.words.txt'] as Output
    await expect(output.one()).rejects.toMatchObject({ code: 'USAGE' })
    await expect(output.at(2)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await textOf(await output.at(1))).toBe('two')
    expect(output.entries()).toMatchObject([{ page: { page: 0 } }, { page: { page: 1 } }])
    const empty = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout', { end: 'fail' }), { input: textInput('x') })
    await expect((empty.outputs['test.shout.txt'] as Output).one()).rejects.toMatchObject({ code: 'OPERATION_FAILED' })
  })

  it('can be read as a stream, and more than once', async () => {
    await using shop = openWorkshop()
    const { outputs } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout'), { input: textInput('x') })
    const artifact = await (outputs['test.shout.txt'] as Output).one()
    for (let time = 0; time < 2; time++) expect(await new Response(artifact.stream()).text()).toBe('x!')
  })

  it('can still be read when the run is over and their bytes were large', async () => {
    await using shop = openWorkshop()
    const file = imageFile({ width: 1000, height: 400, mediaType: 'image/tiff', pages: 2 })
    for (const cache of [true, false]) {
      const { outputs } = await shop.imagedoc.run(
        shop.imagedoc.pipeline().step('test.pages').step('test.add').outputs({ 'p.png': 'test.add' }),
        { input: imageInput(file) },
        { cache },
      )
      const output = outputs['p.png'] as Output
      expect(readImageFile(await (await output.at(1)).bytes()).pixels.slice(0, 3)).toEqual([3, 3, 3])
    }
  })
})

describe('inputs', () => {
  it('are known by their content, not their name', async () => {
    await using shop = openWorkshop()
    const { imagedoc } = shop
    const failed = async (pipeline: Parameters<typeof imagedoc.run>[0], input: Parameters<typeof imagedoc.run>[1]): Promise<unknown> =>
      (await imagedoc.run(pipeline, input)).error
    expect(await failed(imagedoc.pipeline().step('test.add'), { input: textInput('words', 'page.png') })).toMatchObject({
      code: 'WRONG_KIND',
      path: 'steps[0]',
    })
    expect(await failed(imagedoc.pipeline().step('test.add'), { input: imageInput(new Uint8Array()) })).toMatchObject({
      code: 'EMPTY_INPUT',
    })
    expect(await failed(imagedoc.pipeline().step('test.add'), { input: imageInput(new Uint8Array([0, 1, 2])) })).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    })
    expect(await failed(imagedoc.pipeline().step('test.add'), { input: imageInput(new TextEncoder().encode('GIF89a')) })).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringContaining('a GIF image'),
    })
    expect(await failed(imagedoc.pipeline().step('test.add'), { input: fromFile('/nowhere/page.png') })).toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.not.stringContaining('/nowhere'),
    })
    expect(await failed(imagedoc.pipeline().step('test.add'), {})).toMatchObject({ code: 'INPUT_MISSING' })
    await expect(imagedoc.run(imagedoc.pipeline().step('test.add'), { other: textInput('x') })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('of several pages are refused by a step on one image, which names the step that helps', async () => {
    await using shop = openWorkshop()
    const { error } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.add'), {
      input: imageInput(imageFile({ mediaType: 'image/tiff', pages: 2 })),
    })
    expect(error).toMatchObject({ code: 'MULTIPLE_PAGES', path: 'steps[0]', message: expect.stringContaining('document.pages') })
  })

  it('that are damaged fail their page with the path of the step', async () => {
    await using shop = openWorkshop()
    const { error, status } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.add'), {
      input: imageInput(imageFile().subarray(0, 12)),
    })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'CORRUPT_INPUT', path: 'steps[0]' })
  })

  it('over a limit are refused', async () => {
    await using shop = openWorkshop({ limits: { bytes: 10, pages: 2 } })
    expect((await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout'), { input: textInput('a long text') })).error).toMatchObject(
      { code: 'INPUT_TOO_LARGE' },
    )
    expect((await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.words'), { input: textInput('a b c') })).error).toMatchObject({
      code: 'TOO_MANY_PAGES',
      path: 'steps[0]',
    })
  })

  it('are not worked on under a limit that would limit nothing', () => {
    const open = (limits: object) => () => openWorkshop({ limits })
    expect(open({ pixels: Number.NaN })).toThrow('The limit "pixels" is NaN; write a number above 0.')
    // Less ends this process instead of the thread.
    expect(open({ memoryBytes: 1000 })).toThrow('The limit "memoryBytes" is 1000; write 67108864 (64 MiB) or more.')
    // In less not even a thread begins: the whole process would end.
    expect(open({ memoryBytes: 1000 })).toThrow('The limit "memoryBytes" is 1000; write 67108864 (64 MiB) or more.')
    expect(open({ pages: -1 })).toThrow('The limit "pages" is -1')
    expect(open({ pixles: 5 })).toThrow('There is no limit "pixles"; there are: pixels, bytes,')
    expect(open({ pixels: undefined })).not.toThrow()
  })

  it('that are streams are read once and used as often as needed', async () => {
    await using shop = openWorkshop()
    const stream = new Blob([imageFile()]).stream()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.stamp', {}, { from: { page: 'input', mark: 'input' } })
      .step('test.read')
    const { outputs } = await shop.imagedoc.run(pipeline, { input: fromStream(stream, { name: 'scan' }) })
    expect(await textOf(await (outputs['test.read.txt'] as Output).one())).toBe(Array(8).fill(2).join(' '))
  })

  it('with a known digest are not read when everything is in the cache', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.shout')
    const first = await shop.imagedoc.run(pipeline, { input: textInput('x') })
    const [descriptor] = first.receipt.inputs['input'] ?? []
    const untouchable = { name: 'x', ...(descriptor ? { descriptor } : {}), open: () => Promise.reject(new Error('opened')) }
    const { outputs, status } = await shop.imagedoc.run(pipeline, { input: untouchable })
    expect(status).toBe('done')
    expect(await textOf(await (outputs['test.shout.txt'] as Output).one())).toBe('x!')
  })
})
