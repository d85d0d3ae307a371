import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commonFolder, findInputs, isInside } from '../../src/inputs/find-inputs.ts'
import { workspace } from '../support/workspace.ts'

/** A folder with these files, as the current one. */
function standingIn(...files: string[]) {
  const { folder, write } = workspace()
  for (const file of files) write(file, file)
  const before = process.cwd()
  process.chdir(folder)
  onTestFinished(() => process.chdir(before))
  return folder
}
const find = async (args: string[], options = {}) => (await findInputs(args, options)).files.map((file) => [file.shown, file.relative])

describe('the inputs of a run', () => {
  it('are files, folders and patterns; their names count from the folder that all have in common', async () => {
    standingIn('scans/a.tif', 'scans/sub/b.tif', 'other/c.tif')
    expect(await find(['scans/a.tif'])).toEqual([['scans/a.tif', 'a.tif']])
    expect(await find(['scans'])).toEqual([
      ['scans/a.tif', 'a.tif'],
      ['scans/sub/b.tif', 'sub/b.tif'],
    ])
    expect(await find(['./scans/'])).toEqual([
      ['scans/a.tif', 'a.tif'],
      ['scans/sub/b.tif', 'sub/b.tif'],
    ])
    expect(await find(['scans/**/b.*'])).toEqual([['scans/sub/b.tif', 'sub/b.tif']])
    expect(await find(['scans/sub', 'other/c.tif'])).toEqual([
      ['scans/sub/b.tif', 'scans/sub/b.tif'],
      ['other/c.tif', 'other/c.tif'],
    ])
  })

  it('stand in natural order within a folder, as given otherwise, and once', async () => {
    standingIn('s/p10.tif', 's/p9.tif', 's/P1.tif')
    expect((await find(['s'])).map(([, name]) => name)).toEqual(['P1.tif', 'p9.tif', 'p10.tif'])
    expect((await find(['s/p10.tif', 's', './s/p9.tif'])).map(([, name]) => name)).toEqual(['p10.tif', 'P1.tif', 'p9.tif'])
  })

  it('cannot be a device or a pipe, and are told so', async () => {
    standingIn('a.tif')
    await expect(find(['/dev/null'])).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining('neither a file nor a folder'),
    })
  })

  it('leave out hidden files, links to folders, what is not accepted and what lies in the folder of the outputs', async () => {
    const folder = standingIn('s/a.tif', 's/.b.tif', 's/.c/d.tif', 's/notes.txt', 's/out/a.tif/x.tif')
    symlinkSync(join(folder, 's'), join(folder, 's/circle'))
    const accepts = async (path: string) => path.endsWith('.tif')
    const found = await findInputs(['s'], { outside: resolve('s/out'), accepts })
    expect([found.files.map((file) => file.shown), found.passedOver]).toEqual([['s/a.tif'], ['s/notes.txt']])
    expect(await find(['s/**/*.tif'], { outside: resolve('s/out') })).toEqual([['s/a.tif', 'a.tif']])
    expect(await find(['s/.b.tif'])).toEqual([['s/.b.tif', '.b.tif']])
    // Standing in the folder of the outputs does not make everything below it an output.
    expect(await find(['s/a.tif', 's/out'], { outside: folder })).toHaveLength(2)
  })

  it('may have names that look like patterns', async () => {
    standingIn('scan [1].tif')
    expect(await find(['scan [1].tif'])).toEqual([['scan [1].tif', 'scan [1].tif']])
  })

  it('must be there', async () => {
    const folder = standingIn('letter.tif')
    mkdirSync(join(folder, 'empty'))
    await expect(find(['leter.tif'])).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining('Did you mean "letter.tif"?'),
    })
    await expect(find(['*.png'])).rejects.toMatchObject({ code: 'INPUT_MISSING' })
    await expect(find(['empty'])).rejects.toMatchObject({ code: 'INPUT_MISSING' })
  })
})

describe('folders', () => {
  it('have a deepest one in common', () => {
    expect(commonFolder(['/a/b/c', '/a/b', '/a/bd'])).toBe('/a')
    expect(commonFolder(['/a/b/c', '/a/b'])).toBe('/a/b')
    expect(commonFolder(['/x', '/y'])).toBe('/')
  })

  it('hold what is below them, and not what only begins the same', () => {
    expect([isInside('/a/b', '/a'), isInside('/a', '/a'), isInside('/ab', '/a'), isInside('/a', '/a/b'), isInside('/a/..b', '/a')]).toEqual(
      [true, true, false, false, true],
    )
  })
})
