import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { multiPageTiff } from '@imagedoc/fixtures'
import { describe, expect, it } from 'vitest'
import { keptToken, password, type Served, serve, servedWithManager } from '../support/server.ts'
import { stallingProxy } from '../support/stalling-proxy.ts'
import { type Workspace, workspace } from '../support/workspace.ts'

const digestOf = (space: Workspace, path: string) =>
  `sha256:${createHash('sha256')
    .update(readFileSync(join(space.folder, path)))
    .digest('hex')}`

interface Line {
  input: string
  status: string
  document: string
  error?: { code: string }
}
const linesOf = (summary: unknown): Line[] => (summary as { inputs: Line[] }).inputs

describe('imagedoc upload', () => {
  const to = (url: string, ...more: string[]) => ['--server', url, '--collection', 'Letters', ...more]
  const collectionsOf = async (space: Workspace, served: Served) => {
    const answer = await fetch(`${served.url}/trpc/collections.list?input=%7B%7D`, {
      headers: { authorization: `Bearer ${keptToken(space, served)}` },
    })
    return ((await answer.json()) as { result: { data: { items: { title: string }[] } } }).result.data.items.map(({ title }) => title)
  }

  it('takes files and folders together, names what it passes over, and sends only what is new when it is given again', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('scans/1890/a.tif', 20)
    space.tiff('scans/b.tif', 21)
    space.tiff('c.tif', 22)
    space.write('scans/notes.txt', 'just text')
    space.write('scans/letter.rtf', '{\\rtf1 and so on}')
    space.write('scans/nothing.tif', '')
    space.write('scans/.hidden.tif', 'hidden')
    const first = await space.run('upload', 'c.tif', 'scans', ...to(url, '--create'))
    expect(first.code, first.stdout + first.stderr).toBe(5)
    expect(first.stdout).toMatch(/^done +c\.tif {2}[0-9a-f]{24}$/m)
    expect(first.stdout).toMatch(/^done +scans\/1890\/a\.tif {2}[0-9a-f]{24}$/m)
    expect(first.stdout).toContain('3 uploaded, 2 passed over, 1 failed.')
    expect(first.stderr).toContain('scans/notes.txt is neither an image nor a PDF, but text; it is passed over.')
    expect(first.stderr).toContain(
      'scans/letter.rtf is an RTF document (application/rtf), which is not read: save it as PDF first; it is passed over.',
    )
    expect(first.stderr).toContain('  scans/nothing.tif\n    EMPTY_INPUT: ')
    space.tiff('scans/d.tif', 23)
    const second = await space.run('upload', 'scans', 'c.tif', ...to(url))
    expect(second.stdout).toMatch(/^there +scans\/b\.tif {2}[0-9a-f]{24} {2}already in the collection$/m)
    expect(second.stdout).toMatch(/^done +scans\/d\.tif/m)
    expect(second.stdout).toContain('1 uploaded, 3 already there, 2 passed over, 1 failed.')
    const json = await space.run('upload', 'scans/b.tif', 'scans/1890', ...to(url, '--json'))
    expect(json.code).toBe(0)
    expect(json.json().at(-1)).toMatchObject({
      inputs: [
        { input: 'scans/b.tif', status: 'there', title: 'b.tif', document: expect.stringMatching(/^[0-9a-f]{24}$/) },
        { input: 'scans/1890/a.tif', status: 'there', title: 'a.tif' },
      ],
    })
  })

  it('sends two files of the same bytes once, and says which is the same as which', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('scan1.tif', 20)
    space.tiff('scan2.tif', 20)
    const sent = await space.run('upload', 'scan1.tif', 'scan2.tif', ...to(url, '--create'))
    expect(sent.code, sent.stderr).toBe(0)
    const [id] = /[0-9a-f]{24}/.exec(sent.stdout) ?? []
    expect(sent.stdout).toContain(`there     scan2.tif  ${id}  the same file as scan1.tif\n`)
    expect(sent.stdout).toContain('1 uploaded, 1 already there.')
    const alone = await space.run('upload', 'scan2.tif', ...to(url))
    expect(alone).toMatchObject({ code: 0, stdout: `there     scan2.tif  ${id}  already in the collection as scan1.tif\n` })
  })

  it('removes the collection that it made for nothing, and no other', async () => {
    const space = workspace()
    const served = await servedWithManager(space)
    space.write('notes.txt', 'just text')
    space.tiff('a.tif', 20)
    const refused = await space.run('upload', 'notes.txt', ...to(served.url, '--create'))
    expect(refused).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('Nothing came into the collection "Letters", which this command had made; it is removed again.'),
    })
    const missing = await space.run('upload', 'gone.tif', 'folder', ...to(served.url, '--create'))
    expect(missing).toMatchObject({ code: 3, stderr: expect.not.stringContaining('Letters') })
    space.pipeline('p.json', { steps: [{ use: 'document.pages' }] })
    const run = await space.run('run', 'p.json', 'gone.tif', '--server', served.url, '-c', 'Runs', '--create')
    expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('collection "Runs", which this command had made; it is removed') })
    expect(await collectionsOf(space, served)).toEqual([])
    expect(await space.run('upload', 'a.tif', 'gone.tif', ...to(served.url, '--create'))).toMatchObject({ code: 3 })
    expect(await space.run('upload', 'notes.txt', ...to(served.url, '--create'))).toMatchObject({ code: 5 })
    expect(await collectionsOf(space, served)).toEqual(['Letters'])
  })
})

describe('imagedoc upload and download', () => {
  it('bring files to a collection that is made for them, and back byte by byte', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('scans/a.tif', 20)
    space.tiff('scans/b.tif', 21, 22)
    const to = ['--server', url, '--collection', 'Letters']
    const sent = await space.run('upload', 'scans/a.tif', 'scans/b.tif', 'scans/../scans/a.tif', ...to, '--create')
    expect(sent.code, sent.stderr).toBe(0)
    const ids = [...sent.stdout.matchAll(/^done +scans\/\S+\.tif {2}([0-9a-f]{24})$/gm)].map(([, id]) => id ?? '')
    expect(ids).toHaveLength(2)
    const got = await space.run('download', ...ids, '--server', url, '-o', 'out')
    expect(got.code, got.stderr).toBe(0)
    expect(space.files('out')).toEqual(['a.tif', 'b.tif'])
    for (const name of ['a.tif', 'b.tif']) expect(digestOf(space, `out/${name}`)).toBe(digestOf(space, `scans/${name}`))
    // Once more: into the collection that is there now, and as JSON.
    space.tiff('scans/c.tif', 23)
    const more = (await space.run('upload', 'scans/c.tif', ...to, '--json')).json().at(-1)
    expect(more).toMatchObject({
      type: 'summary',
      inputs: [{ input: 'scans/c.tif', status: 'done', document: expect.stringMatching(/^[0-9a-f]{24}$/) }],
    })
  })

  it('leave a file alone that is there with the same bytes, and refuse one with others without --force', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('a.tif', 20)
    const sent = await space.run('upload', 'a.tif', '--server', url, '-c', 'Letters', '--create', '--json')
    const [line] = linesOf(sent.json().at(-1))
    const get = (...more: string[]) => space.run('download', line?.document ?? '', '--server', url, '-o', 'out', ...more)
    expect((await get()).code).toBe(0)
    expect((await get()).code).toBe(0)
    space.write('out/a.tif', 'mine')
    expect(await get()).toMatchObject({ code: 3, stderr: expect.stringContaining('out/a.tif exists already with other content') })
    expect(space.read('out/a.tif')).toBe('mine')
    expect((await get('--force')).code).toBe(0)
    expect(digestOf(space, 'out/a.tif')).toBe(digestOf(space, 'a.tif'))
    expect(await get('--version', '3')).toMatchObject({ code: 3, stderr: expect.stringContaining('has no version 3') })
    expect(await get('--version', 'new')).toMatchObject({ code: 2 })
    expect(await space.run('download', 'a.tif', '--server', url, '-o', 'out')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('"a.tif" is no id of a document'),
    })
  })

  it('give each of two documents of one title a file of its own', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('one/a.tif', 20)
    space.tiff('two/a.tif', 21)
    const sent = await space.run('upload', 'one/a.tif', 'two/a.tif', '--server', url, '-c', 'Letters', '--create', '--json')
    const [first, second] = linesOf(sent.json().at(-1)).map(({ document }) => document)
    expect(sent.code, sent.stdout + sent.stderr).toBe(0)
    const got = await space.run('download', first ?? '', second ?? '', '--server', url, '-o', 'out', '-j', '1')
    expect(got.code, got.stderr).toBe(0)
    expect(space.files('out').sort()).toEqual([`${second}-a.tif`, 'a.tif'].sort())
  })

  it('report what failed beside what was done, with the exit code of the first failure', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('a.tif', 20)
    space.write('notes.txt', 'just text')
    const sent = await space.run('upload', 'notes.txt', 'a.tif', 'gone.tif', '--server', url, '-c', 'Letters', '--create', '--json')
    expect(sent.code).toBe(5)
    expect(linesOf(sent.json().at(-1)).map(({ status, error }) => error?.code ?? status)).toEqual([
      'UNSUPPORTED_MEDIA_TYPE',
      'done',
      'INPUT_MISSING',
    ])
    const text = await space.run('upload', 'gone.tif', '--server', url, '-c', 'Letters')
    expect(text).toMatchObject({ code: 3, stdout: expect.stringMatching(/^failed {4}gone\.tif/) })
    expect(await space.run('upload', 'a.tif', '--server', url, '-c', 'Leters')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/no collection with the id or title "Leters"\. Did you mean "Letters"\? Write --create/),
    })
  })

  it('use IMAGEDOC_TOKEN before the login, and ask for a login where there is neither', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('a.tif', 20)
    const args = ['upload', 'a.tif', '--server', url, '-c', 'Letters', '--create']
    const withToken = space.start(args, { env: { IMAGEDOC_TOKEN: `ids_${'x'.repeat(43)}` } })
    expect(await withToken.ended).toMatchObject({
      code: 10,
      stderr: expect.stringMatching(/UNAUTHENTICATED: .* It is the one in IMAGEDOC_TOKEN/),
    })
    expect(await space.run(...args)).toMatchObject({ code: 0 })
    await space.run('logout', '--server', url)
    expect(await space.run(...args)).toMatchObject({ code: 10, stderr: expect.stringContaining(`imagedoc login --server ${url}`) })
  })

  it('take a file that is cut off only with --damaged', async () => {
    const space = workspace()
    const { url } = await servedWithManager(space)
    space.tiff('whole.tif', 20, 21, 22)
    const whole = readFileSync(join(space.folder, 'whole.tif'))
    space.write('cut.tif', whole.subarray(0, Math.round(whole.length * 0.95)))
    const args = ['upload', 'cut.tif', '--server', url, '-c', 'Letters', '--create']
    const refused = await space.run(...args)
    expect(refused.code).toBe(5)
    expect(refused.stderr).toMatch(/"cut\.tif" ends before it is whole.*imagedoc upload --damaged/s)
    expect(await space.run(...args, '--damaged')).toMatchObject({ code: 0 })
  })

  it('go on with an interrupted upload where it stopped', async () => {
    const space = workspace()
    const served = await serve(space)
    const proxy = await stallingProxy(served.url)
    const login = ['login', '--server', proxy.url, '--setup-token', '-u', 'ana', '--email', 'ana@example.org']
    expect((await space.start(login, { input: `${served.setupToken}\n${password}\n` }).ended).code).toBe(0)
    // More than the 8 MiB that the client sends at a time, and nothing that a TIFF could be packed smaller by.
    const [width, height] = [4000, 3000]
    const pixels = createHash('shake256', { outputLength: width * height })
      .update('noise')
      .digest()
    space.write('large.tif', multiPageTiff([{ width, height, channels: 1, dpi: 300, pixels }]))
    const args = ['upload', 'large.tif', '--server', proxy.url, '-c', 'Letters', '--create', '--json']
    const first = space.start(args)
    await proxy.stalled
    first.child.kill('SIGINT')
    const ended = await first.ended
    expect(ended.code, ended.stderr).toBe(130)
    // The upload is kept without the collection that it was to go to, and finds the one that is made next.
    expect(ended.stderr).toContain('it is removed again')
    expect(ended.json().at(-1)).toMatchObject({ type: 'summary', inputs: [{ input: 'large.tif', status: 'cancelled' }] })
    proxy.stalls = false
    proxy.count = 0
    const second = await space.run(...args)
    expect(second.code, second.stderr).toBe(0)
    expect(proxy.count).toBeLessThan(5 * 2 ** 20)
    const [line] = linesOf(second.json().at(-1))
    const got = await space.run('download', line?.document ?? '', '--server', proxy.url, '-o', 'out')
    expect(got.code, got.stderr).toBe(0)
    expect(digestOf(space, 'out/large.tif')).toBe(digestOf(space, 'large.tif'))
    expect(space.files('cache/uploads')).toEqual([])
  })
})
