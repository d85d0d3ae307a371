import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { writeWhole } from '../../src/outputs/write-file.ts'
import { workspace } from '../support/workspace.ts'

describe('a file that cannot be written', () => {
  it('is OUTPUT_UNWRITABLE with the reason and what to do, and leaves nothing behind', async () => {
    const { folder, write } = workspace()
    write('file', '')
    mkdirSync(join(folder, 'folder'))
    await expect(writeWhole(join(folder, 'file/below/page.png'), 'x')).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      message: expect.stringMatching(/page\.png: a file is where a folder should be\. Choose another folder with -o\.$/),
    })
    await expect(writeWhole(join(folder, 'folder'), 'x')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' })
    expect(readdirSync(folder).sort()).toEqual(['file', 'folder'])
    expect(errorCodes.OUTPUT_UNWRITABLE.exit).toBe(3)
  })

  // There nobody can make a folder, not even root, to whom every other folder is open.
  it.runIf(process.platform === 'linux')('ends the command with 3, and is no fault of ImageDoc', async () => {
    const { run, tiff, pipeline } = workspace()
    pipeline('p.json', { steps: [{ use: 'image.grayscale' }], outputs: { 'page.png': 'image.grayscale' } })
    tiff('a.tif', 10)
    const { code, stderr } = await run('run', 'p.json', 'a.tif', '-o', '/proc/imagedoc')
    expect([code, stderr]).toEqual([3, expect.stringMatching(/OUTPUT_UNWRITABLE: .*choose another folder with -o/s)])
    expect(stderr).not.toContain('fault')
  })
})
