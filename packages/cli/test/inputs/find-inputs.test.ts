import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { acceptsFor } from '../../src/inputs/accepted-files.ts'
import { commonFolder, findInputs, isInside } from '../../src/inputs/find-inputs.ts'
import { passedOverNotes } from '../../src/inputs/passed-over.ts'
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
      message: expect.stringContaining('is a device, not a file'),
    })
  })

  it('leave out hidden files, links to folders, what is not accepted and what lies in the folder of the outputs', async () => {
    const folder = standingIn('s/a.tif', 's/.b.tif', 's/.c/d.tif', 's/notes.txt', 's/out/a.tif/x.tif')
    symlinkSync(join(folder, 's'), join(folder, 's/circle'))
    const accepts = async (path: string) => path.endsWith('.tif') || { why: 'is no scan' }
    const found = await findInputs(['s'], { outside: resolve('s/out'), accepts })
    expect(found.files.map((file) => file.shown)).toEqual(['s/a.tif'])
    expect(found.passedOver).toEqual([
      { shown: 's/circle', why: 'is a link to a folder, which is not followed' },
      { shown: 's/notes.txt', why: 'is no scan' },
    ])
    expect(await find(['s/**/*.tif'], { outside: resolve('s/out') })).toEqual([['s/a.tif', 'a.tif']])
    expect(await find(['s/.b.tif'])).toEqual([['s/.b.tif', '.b.tif']])
    // Standing in the folder of the outputs does not make everything below it an output.
    expect(await find(['s/a.tif', 's/out'], { outside: folder })).toHaveLength(2)
  })

  it('are named with the reason when they cannot be taken, whatever they are called', async () => {
    const folder = standingIn('s/a.tif', 's/empty.xyz')
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/s/latin1-`), Buffer.from([0xe9, 0xe8]), Buffer.from('.tif')]), 'x')
    mkdirSync(Buffer.concat([Buffer.from(`${folder}/s/folder-`), Buffer.from([0xff])]))
    symlinkSync('gone.tif', join(folder, 's/dangling.tif'))
    symlinkSync('loop.tif', join(folder, 's/loop.tif'))
    execFileSync('mkfifo', [join(folder, 's/pipe.tif')])
    const { files, passedOver } = await findInputs(['s'])
    expect(files.map(({ shown }) => shown)).toEqual(['s/a.tif', 's/empty.xyz'])
    const foreign = 'has a name that is not UTF-8: rename it, for example with convmv'
    expect(Object.fromEntries(passedOver.map(({ shown, why }) => [shown, why]))).toEqual({
      's/latin1-\\xe9\\xe8.tif': foreign,
      's/folder-\\xff': foreign,
      's/dangling.tif': 'is a link to gone.tif, which does not exist',
      's/loop.tif': 'is a link that leads in a circle',
      's/pipe.tif': 'is a pipe, not a file',
    })
    const fitting = await findInputs(['s/*.tif'])
    expect(fitting.files.map(({ shown }) => shown)).toEqual(['s/a.tif'])
    expect(fitting.passedOver).toHaveLength(4)
    await expect(find(['s/dangling.tif'])).rejects.toMatchObject({ message: expect.stringContaining('is a link to gone.tif') })
    await expect(find(['s/pipe.tif'])).rejects.toMatchObject({ message: expect.stringContaining('is a pipe, not a file') })
  })

  it('are named when their folder cannot be read', async () => {
    const folder = standingIn('s/a.tif', 's/locked/b.tif')
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 's/locked'), 0)
    // Root may read everything, and becomes nobody for a while.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    onTestFinished(() => {
      if (isRoot) process.seteuid?.(0)
      chmodSync(join(folder, 's/locked'), 0o755)
    })
    const { passedOver } = await findInputs(['s'])
    expect(passedOver).toEqual([{ shown: 's/locked', why: 'cannot be read: permission is denied' }])
  })

  it('are told by their content, a name only when it promises a type that is wanted', async () => {
    const folder = standingIn('s/empty', 's/notes', 's/broken.png')
    const put = (name: string, bytes: string) => writeFileSync(join(folder, 's', name), Buffer.from(bytes, 'latin1'))
    put('scan', '\x89PNG\r\n\x1a\n')
    put('picture', 'GIF89a')
    put('letter.docx', `PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`)
    put('noise', '\x00\x01\x02')
    put('empty', '')
    const { files, passedOver } = await findInputs(['s'], { accepts: acceptsFor(() => new Set(['image', 'pdf'])) })
    expect(files.map(({ shown }) => shown)).toEqual(['s/broken.png', 's/picture', 's/scan'])
    expect(passedOverNotes(passedOver)).toEqual([
      'warning   s/empty is empty; it is passed over.',
      'warning   s/letter.docx is an Office document (DOCX, XLSX or PPTX) (application/vnd.openxmlformats-officedocument), which is not read: save it as PDF first; it is passed over.',
      'warning   s/noise is neither an image nor a PDF, but of no type that is known; it is passed over.',
      'warning   s/notes is neither an image nor a PDF, but text; it is passed over.',
    ])
  })

  it('say what a PDF lacks in a pipeline of images, and what no step reads', async () => {
    const folder = standingIn('s/notes', 's/scan')
    writeFileSync(join(folder, 's/book.pdf'), '%PDF-1.7\n')
    const notes = async (...kinds: string[]) => {
      const found = findInputs(['s'], { accepts: acceptsFor(() => new Set(kinds)) })
      return found.then(
        ({ passedOver }) => passedOverNotes(passedOver),
        (error: Error) => error.message,
      )
    }
    expect(await notes('image')).toContain(
      's/book.pdf is a PDF, and the pipeline takes images: begin it with the step { "use": "document.pages" }; it is passed over.',
    )
    expect(await notes()).toContain('each of which is read by no step of the pipeline: s/book.pdf, s/notes, s/scan.')
    expect(await notes('text')).toEqual(['warning   s/book.pdf is not text, but a PDF; it is passed over.'])
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
