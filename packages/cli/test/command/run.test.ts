import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { workspace } from '../support/workspace.ts'

const rotate = {
  steps: [
    { use: 'image.rotate', with: { angle: 90 } },
    { id: 'small', use: 'image.resize', with: { width: 8 } },
  ],
  outputs: { 'small.png': 'small', 'turned.tif': 'image.rotate' },
}
type Summary = {
  inputs: {
    input: string
    status: string
    error?: { code: string; message: string; path?: string }
    steps: Record<string, unknown>[]
    outputs: { name: string; path: string; digest: string }[]
  }[]
}
const summaryOf = (lines: Record<string, unknown>[]): Summary => lines.at(-1) as unknown as Summary

describe('imagedoc run', () => {
  it('writes the outputs of every file of a folder to DIR/<relative input>/<output>, beside a receipt', async () => {
    const { run, pipeline, tiff, write, files, json } = workspace()
    pipeline('p.json', rotate)
    tiff('scans/a.tif', 20)
    tiff('scans/sub/b.tif', 21)
    write('scans/notes.txt', 'not a scan')
    write('scans/.hidden/c.tif', 'hidden')
    const { code, stdout, stderr } = await run('run', 'p.json', 'scans', '-o', 'out')
    expect(stderr).toBe('warning   scans/notes.txt is not an image, but text; it is passed over.\n')
    // Two are worked on at a time: either may be the first to end.
    const [last, ...ended] = stdout.trimEnd().split('\n').reverse()
    expect(last).toBe('2 inputs done.')
    expect(ended.sort()).toEqual([expect.stringMatching(/^done {6}scans\/a\.tif /), expect.stringMatching(/^done {6}scans\/sub\/b\.tif /)])
    expect(code).toBe(0)
    expect(files('out')).toEqual(['a.tif/small.png', 'a.tif/turned.tif', 'sub/b.tif/small.png', 'sub/b.tif/turned.tif'])
    expect(json('out/a.tif/receipt.json')).toMatchObject({
      schemaVersion: 3,
      status: 'done',
      pipeline: { version: 1 },
      steps: [{ id: 'image.rotate' }, { id: 'small' }],
    })
  })

  it('takes everything from the cache when it is run again, leaves equal files alone, and is not refused because of its own receipt', async () => {
    const { run, pipeline, tiff, folder } = workspace()
    pipeline('p.json', rotate)
    tiff('a.tif', 20)
    await run('run', 'p.json', 'a.tif', '-o', 'out')
    const before = statSync(join(folder, 'out/a.tif/small.png'))
    const { code, json } = await run('run', 'p.json', 'a.tif', '-o', 'out', '--json')
    const [input] = summaryOf(json()).inputs
    expect(code).toBe(0)
    expect(input?.steps.map(({ id, cache }) => [id, cache])).toEqual([
      ['image.rotate', 'hit'],
      ['small', 'hit'],
    ])
    const after = statSync(join(folder, 'out/a.tif/small.png'))
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
  })

  it('refuses outputs of another pipeline before anything runs, and overwrites them with --force', async () => {
    const { run, pipeline, tiff, read, files } = workspace()
    pipeline('p.json', rotate)
    tiff('a.tif', 20)
    tiff('b.tif', 21)
    await run('run', 'p.json', 'a.tif', '-o', 'out')
    const before = read('out/a.tif/small.png')
    const refused = await run('run', 'p.json', 'a.tif', 'b.tif', '-o', 'out', '--set', 'small.width=6', '--json')
    expect(refused.code).toBe(3)
    expect(refused.json()).toHaveLength(1)
    expect(summaryOf(refused.json()).inputs.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'OUTPUT_EXISTS'],
      ['cancelled', 'CANCELLED'],
    ])
    expect(files('out')).toEqual(['a.tif/small.png', 'a.tif/turned.tif'])
    expect(read('out/a.tif/small.png')).toBe(before)
    const forced = await run('run', 'p.json', 'a.tif', '-o', 'out', '--set', 'small.width=6', '--force')
    expect(forced.code).toBe(0)
    expect(read('out/a.tif/small.png')).not.toBe(before)
  })

  it('refuses a file that was changed since, one without a receipt only when the bytes differ, and never writes half of the outputs', async () => {
    const { run, pipeline, tiff, write, read, files } = workspace()
    pipeline('p.json', rotate)
    tiff('a.tif', 20)
    await run('run', 'p.json', 'a.tif', '-o', 'out')
    const good = read('out/a.tif/small.png')
    write('out/a.tif/small.png', 'mine')
    const changed = await run('run', 'p.json', 'a.tif', '-o', 'out')
    expect([changed.code, changed.stderr]).toEqual([3, expect.stringContaining('small.png was changed since it was made')])
    write('new/a.tif/small.png', 'mine')
    const late = await run('run', 'p.json', 'a.tif', '-o', 'new')
    expect([late.code, late.stderr]).toEqual([3, expect.stringContaining('OUTPUT_EXISTS: new/a.tif/small.png exists already')])
    expect(files('new')).toEqual(['a.tif/small.png'])
    write('new/a.tif/small.png', Buffer.from(good, 'latin1'))
    expect((await run('run', 'p.json', 'a.tif', '-o', 'new')).code).toBe(0)
  })

  it('lists the failed inputs at the end with code, message and path, and does the others', async () => {
    const { run, pipeline, tiff, write, files } = workspace()
    pipeline('p.json', rotate)
    tiff('a.tif', 20)
    write('empty.png', '')
    write('text.txt', 'hello')
    const { code, stderr, stdout } = await run('run', 'p.json', 'empty.png', 'text.txt', 'a.tif', '-o', 'out', '-j', '1')
    expect(code).toBe(5)
    expect(stdout).toMatch(/failed {4}empty\.png .*EMPTY_INPUT\nfailed {4}text\.txt .*WRONG_KIND\ndone {6}a\.tif/)
    expect(stderr).toMatch(
      /2 of 3 inputs failed:\n {2}empty\.png\n {4}EMPTY_INPUT: .*\n {2}text\.txt\n {4}WRONG_KIND: .* \(steps\[0\]\)\n$/,
    )
    expect(files('out')).toEqual(['a.tif/small.png', 'a.tif/turned.tif'])
  })

  it('writes one event a line with the input it belongs to, the summary last', async () => {
    const { run, pipeline, tiff, json } = workspace()
    pipeline('p.json', rotate)
    tiff('a.tif', 20)
    tiff('b.tif', 21)
    const { json: lines, code } = await run('run', 'p.json', '*.tif', '-o', 'out', '--json')
    const events = lines().slice(0, -1)
    expect(code).toBe(0)
    expect(new Set(events.map((event) => event['input']))).toEqual(new Set(['a.tif', 'b.tif']))
    expect(events.filter((event) => event['input'] === 'b.tif').map((event) => event['seq'])).toEqual(expect.arrayContaining([1, 2, 3]))
    const summary = summaryOf(lines())
    const receipt = json('out/a.tif/receipt.json') as { outputs: Record<string, { digest: string }[]> }
    expect(summary).toMatchObject({
      type: 'summary',
      inputs: [
        { input: 'a.tif', status: 'done' },
        { input: 'b.tif', status: 'done' },
      ],
    })
    expect(summary.inputs[0]?.outputs).toEqual(
      ['small.png', 'turned.tif'].map((name) => ({ name, path: `out/a.tif/${name}`, digest: receipt.outputs[name]?.[0]?.digest })),
    )
    const step = {
      id: 'small',
      use: 'image.resize',
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      cache: 'miss',
      pages: { hit: 0, miss: 1, skipped: 0, failed: 0 },
      ms: expect.any(Number),
    }
    expect(summary.inputs[0]?.steps[1]).toEqual(step)
  })

  it('ends --json with a summary also when nothing could be run', async () => {
    const { run, write, tiff } = workspace()
    write('p.json', '{ "version": 1, "steps": [{ "use": "image.crpo" }] }')
    tiff('a.tif', 20)
    const { json, code, stderr } = await run('run', 'p.json', 'a.tif', '-o', 'out', '--json')
    expect(json()).toEqual([
      {
        type: 'summary',
        inputs: [],
        error: { code: 'INVALID_PIPELINE', message: expect.stringContaining('Did you mean "image.crop"?'), path: 'steps[0].use' },
      },
    ])
    expect(stderr).toContain('INVALID_PIPELINE')
    expect(code).toBe(2)
  })

  it('gathers all files into one sequence in their order, numbered from 1', async () => {
    const { run, pipeline, tiff, files, read } = workspace()
    pipeline('p.json', rotate)
    for (const [index, name] of ['page-10.tif', 'page-2.tif', 'page-1.tif'].entries()) tiff(`scans/${name}`, 30 + index)
    const { code } = await run('run', 'p.json', 'scans', '--gather', '-o', 'book')
    expect(code).toBe(0)
    expect(files('book')).toEqual([1, 2, 3].map((n) => `small-000${n}.png`).concat([1, 2, 3].map((n) => `turned-000${n}.tif`)))
    await run('run', 'p.json', 'scans/page-10.tif', '-o', 'single')
    expect(read('book/turned-0003.tif')).toBe(read('single/page-10.tif/turned.tif'))
  })

  it('keeps the number of each page of a sequence when one is skipped, and ends partial', async () => {
    const { run, pipeline, tiff, files, json } = workspace({ faults: true })
    pipeline('p.json', {
      steps: [{ use: 'document.pages' }, { id: 'page', use: 'test.refuse', with: { width: 21 }, onError: 'skip' }],
      outputs: { 'page.png': 'page' },
    })
    tiff('book.tif', 20, 21, 22)
    const { code, stderr } = await run('run', 'p.json', 'book.tif', '-o', 'out')
    expect(stderr).toContain('1 input with skipped pages:\n  book.tif: page 1')
    expect(code).toBe(4)
    expect(files('out')).toEqual(['book.tif/page-0001.png', 'book.tif/page-0003.png'])
    expect(json('out/book.tif/receipt.json')).toMatchObject({ status: 'partial' })
  })

  it('removes pages that an earlier, longer run left when it overwrites with --force, but nothing else', async () => {
    const { run, pipeline, tiff, write, files } = workspace()
    pipeline('p.json', { steps: [{ use: 'document.pages' }, { id: 'page', use: 'image.grayscale' }], outputs: { 'page.png': 'page' } })
    tiff('book.tif', 20, 21, 22)
    await run('run', 'p.json', 'book.tif', '-o', 'out')
    tiff('book.tif', 30)
    write('out/book.tif/page-0002.png', 'mine')
    expect((await run('run', 'p.json', 'book.tif', '-o', 'out')).code).toBe(3)
    expect((await run('run', 'p.json', 'book.tif', '-o', 'out', '--force')).code).toBe(0)
    expect(files('out')).toEqual(['book.tif/page-0001.png', 'book.tif/page-0002.png'])
  })

  it('takes further inputs by name, and says which one is missing', async () => {
    const { run, pipeline, tiff, files } = workspace({ faults: true })
    pipeline('p.json', {
      inputs: { logo: { kind: 'image' } },
      steps: [{ use: 'test.mark', from: { page: 'input', mark: 'logo' } }],
      outputs: { 'marked.png': 'test.mark' },
    })
    tiff('a.tif', 20)
    tiff('logo.tif', 21)
    const missing = await run('run', 'p.json', 'a.tif', '-o', 'out')
    expect([missing.code, missing.stderr]).toEqual([3, 'INPUT_MISSING: The pipeline also needs logo; give --input logo=FILE.\n'])
    const wrong = await run('run', 'p.json', 'a.tif', '-o', 'out', '--input', 'lgo=logo.tif')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean "logo"?')])
    const gone = await run('run', 'p.json', 'a.tif', '-o', 'out', '--input', 'logo=gone.tif')
    expect([gone.code, gone.stderr]).toEqual([3, 'INPUT_MISSING: --input logo: gone.tif does not exist; give the path of a file.\n'])
    const folder = await run('run', 'p.json', 'a.tif', '-o', 'out', '--input', 'logo=.')
    expect([folder.code, folder.stderr]).toEqual([3, 'INPUT_MISSING: --input logo: . is not a file; give the path of a file.\n'])
    // The label looks like a number, but the parameter is text.
    const given = await run('run', 'p.json', 'a.tif', '-o', 'out', '--input', 'logo=logo.tif', '--set', 'test.mark.label=7')
    expect([given.code, given.stderr]).toEqual([0, ''])
    expect(files('out')).toEqual(['a.tif/marked.png'])
  })

  it('never writes into or over an input', async () => {
    const { run, pipeline, tiff, read, files } = workspace()
    pipeline('p.json', { steps: [{ id: 'a', use: 'image.grayscale' }], outputs: { 'a.tif': 'a' } })
    tiff('scans/a.tif', 20)
    const before = read('scans/a.tif')
    const same = await run('run', 'p.json', 'scans', '-o', 'scans', '--force')
    expect([same.code, same.stderr]).toEqual([3, expect.stringContaining('is a file: choose another folder with -o')])
    const gathered = await run('run', 'p.json', 'scans/a.tif', '-o', 'scans', '--gather', '--force')
    expect([gathered.code, gathered.stderr]).toEqual([3, expect.stringContaining('would be written over the input')])
    expect(files('scans')).toEqual(['a.tif'])
    expect(read('scans/a.tif')).toBe(before)
  })

  it('does not take the outputs of an earlier run for inputs', async () => {
    const { run, pipeline, tiff, files } = workspace()
    pipeline('p.json', rotate)
    tiff('scans/a.tif', 20)
    await run('run', 'p.json', 'scans', '-o', 'scans/out')
    const again = await run('run', 'p.json', 'scans/**/*.{tif,png}', '-o', 'scans/out')
    expect(again.code).toBe(0)
    expect(files('scans')).toEqual(['a.tif', 'out/a.tif/small.png', 'out/a.tif/turned.tif'])
  })

  it('reads a pipeline from standard input', async () => {
    const { start, tiff, files } = workspace()
    tiff('a.tif', 20)
    const { ended } = start(['run', '-', 'a.tif', '-o', 'out', '-q'], { input: JSON.stringify({ version: 1, ...rotate }) })
    expect(await ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(files('out')).toEqual(['a.tif/small.png', 'a.tif/turned.tif'])
  })

  it('keeps nothing with --no-cache', async () => {
    const { run, pipeline, tiff } = workspace()
    pipeline('p.json', rotate)
    tiff('a.tif', 20)
    await run('run', 'p.json', 'a.tif', '-o', 'out', '--no-cache')
    const { json } = await run('run', 'p.json', 'a.tif', '-o', 'out', '--json')
    expect(summaryOf(json()).inputs[0]?.steps.map(({ cache }) => cache)).toEqual(['miss', 'miss'])
  })

  it('survives a page that takes its process down with --isolate, and does the other inputs', async () => {
    const { run, pipeline, tiff, files } = workspace({ faults: true })
    pipeline('p.json', { steps: [{ id: 'page', use: 'test.crash', with: { width: 21 } }], outputs: { 'page.png': 'page' } })
    tiff('a.tif', 21)
    tiff('b.tif', 22)
    const { code, stderr } = await run('run', 'p.json', 'a.tif', 'b.tif', '-o', 'out', '--isolate')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ {2}a\.tif\n {4}PROCESS_CRASHED: .*\nSet IMAGEDOC_DEBUG=1 to see where/)])
    expect(files('out')).toEqual(['b.tif/page.png'])
  })
})
