import { describe, expect, it } from 'vitest'
import { servedWithManager } from '../support/server.ts'
import { type Workspace, workspace } from '../support/workspace.ts'

interface Found {
  hits: { document: { id: string; title: string }; page: number | null; words: { text: string; box: unknown }[] }[]
  more: boolean
}

async function archive(space: Workspace): Promise<{ url: string }> {
  const { url } = await servedWithManager(space)
  space.tiff('letters/Évora grande.tif', 20)
  space.tiff('letters/evora pequena.tif', 21)
  space.tiff('maps/Évora.tif', 22)
  for (const [files, collection] of [
    [['letters/Évora grande.tif', 'letters/evora pequena.tif'], 'Letters'],
    [['maps/Évora.tif'], 'Maps'],
  ] as const) {
    const sent = await space.run('upload', ...files, '--server', url, '--collection', collection, '--create', '-j', '1')
    expect(sent.code, sent.stderr).toBe(0)
  }
  return { url }
}

describe('imagedoc search', () => {
  it('prints what has all words, whatever their accents, in all collections or in one', async () => {
    const space = workspace()
    const { url } = await archive(space)
    const all = await space.run('search', 'evora', '--server', url)
    expect(all).toMatchObject({ code: 0, stderr: '' })
    const titles = (text: string) => [...text.matchAll(/^[0-9a-f]{24} {2}title +(.+)$/gm)].map(([, title]) => title)
    expect(titles(all.stdout).toSorted()).toEqual(['evora pequena.tif', 'Évora grande.tif', 'Évora.tif'].toSorted())
    expect(titles((await space.run('search', 'ÉVORA', 'gran', '--server', url)).stdout)).toEqual(['Évora grande.tif'])
    expect(titles((await space.run('search', 'evora', '--server', url, '-c', 'Maps')).stdout)).toEqual(['Évora.tif'])
  })

  it('gives at most so many hits, says whether there are more, and all of it as JSON', async () => {
    const space = workspace()
    const { url } = await archive(space)
    const some = await space.run('search', 'evora', '--server', url, '--limit', '2')
    expect(some.stderr).toBe('There are more: see --limit.\n')
    const { hits, more } = JSON.parse((await space.run('search', 'evora', '--server', url, '--limit', '2', '--json')).stdout) as Found
    expect(more).toBe(true)
    expect(hits).toHaveLength(2)
    expect(hits[0]).toMatchObject({ page: null, version: 0, words: [{ text: expect.stringMatching(/vora/), box: null }] })
  })

  it('says when nothing is found, and refuses what is no search', async () => {
    const space = workspace()
    const { url } = await archive(space)
    expect(await space.run('search', 'nothing', '--server', url)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^No page/),
    })
    expect(await space.run('search', '…', '--server', url)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no word to look for'),
    })
    expect(await space.run('search', 'a', '--server', url, '--limit', '0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--limit "0"'),
    })
    const wrong = await space.run('search', 'a', '--server', url, '-c', 'Leters')
    expect(wrong.code).toBe(3)
    expect(wrong.stderr).toMatch(/no collection with the id or title "Leters"\. Did you mean "Letters"\?\n/)
    expect(await space.run('search', '--server', url)).toMatchObject({ code: 2 })
  })
})
