import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkPlaces, placeOf, realPaths, wouldOverwrite } from '../../src/outputs/placement.ts'
import { workspace } from '../support/workspace.ts'

describe("the folder of an input's outputs", () => {
  it('lies in the folder of all outputs, under the name of the input', () => {
    expect(placeOf('out', { path: '/s/sub/a.tif', shown: 's/sub/a.tif', relative: 'sub/a.tif' })).toEqual({
      folder: join(process.cwd(), 'out/sub/a.tif'),
      shown: 'out/sub/a.tif',
    })
  })

  it('is refused before anything runs where a file stands in its way, and where two inputs would share it', async () => {
    const { folder, write } = workspace()
    write('file', '')
    const place = (path: string) => ({ folder: join(folder, path), shown: path })
    await expect(checkPlaces([place('new/deep'), place('new/other')])).resolves.toBeUndefined()
    await expect(checkPlaces([place('file')])).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      message: expect.stringContaining('is a file'),
    })
    await expect(checkPlaces([place('file/below')])).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    await expect(checkPlaces([place('new'), place('new')])).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      message: expect.stringContaining('share the folder'),
    })
  })

  it('does not hide an input behind a link', async () => {
    const { folder, write } = workspace()
    write('scans/a.tif', '')
    symlinkSync(join(folder, 'scans'), join(folder, 'linked'))
    const inputs = await realPaths([join(folder, 'scans/a.tif')])
    expect(await wouldOverwrite(join(folder, 'linked/a.tif'), inputs)).toBe(true)
    expect(await wouldOverwrite(join(folder, 'linked/b.tif'), inputs)).toBe(false)
    expect(await wouldOverwrite(join(folder, 'nowhere/a.tif'), inputs)).toBe(false)
  })
})
