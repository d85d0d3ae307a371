import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@imagedoc/client'
import { describe, expect, it } from 'vitest'
import type { Summary } from '../../src/batch/summary.ts'
import { keptToken, type Served, servedWithManager } from '../support/server.ts'
import { type Ended, type Workspace, workspace } from '../support/workspace.ts'

const grey = {
  steps: [{ use: 'document.pages' }, { id: 'grey', use: 'image.grayscale' }],
  outputs: { 'page.png': 'grey' },
}
const slow = { steps: [{ use: 'document.pages' }, { id: 'slow', use: 'test.wait', with: { width: 21, ms: 60_000 } }] }

const summaryOf = (ended: Ended): Summary => ended.json().at(-1) as unknown as Summary
const clientOf = (space: Workspace, served: Served) => createClient({ url: served.url, token: keptToken(space, served) })

/** Uploads files to the collection "Letters"; gives the ids of their documents. */
async function letters(space: Workspace, { url }: Served, ...files: string[]): Promise<string[]> {
  const sent = await space.run('upload', ...files, '--server', url, '-c', 'Letters', '--create', '--json', '-j', '1')
  if (sent.code !== 0) throw new Error(sent.stderr)
  return summaryOf(sent).inputs.map(({ document }) => document ?? '')
}

// Each starts a server and a handful of commands.
describe('imagedoc run --server', { timeout: 120_000 }, () => {
  it('runs on a document, says what version it made and how to download it, and downloads it laid out as a run here does', async () => {
    const space = workspace()
    const served = await servedWithManager(space)
    space.pipeline('grey.json', grey)
    space.tiff('a.tif', 20, 21)
    const [id = ''] = await letters(space, served, 'a.tif')
    const first = await space.run('run', 'grey.json', id, '--server', served.url)
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toMatch(new RegExp(`^done +a\\.tif .*computed, version 1 of ${id}$`, 'm'))
    expect(first.stdout).toContain(`To download: imagedoc download ${id} --server ${served.url} --version 1 -o DIR`)
    const second = await space.run('run', 'grey.json', id, '--server', served.url, '-o', 'there', '--json')
    expect(second.code, second.stdout).toBe(0)
    const { inputs } = summaryOf(second)
    expect(inputs).toMatchObject([
      { input: id, status: 'done', document: id, version: 1, versionIsNew: false, run: expect.stringMatching(/^[0-9a-f]{24}$/) },
    ])
    expect(inputs[0]?.outputs.map(({ path }) => path)).toEqual(['there/a.tif/page-0001.png', 'there/a.tif/page-0002.png'])
    expect(inputs[0]?.steps.map(({ id, cache }) => [id, cache])).toEqual([
      ['document.pages', 'hit'],
      ['grey', 'hit'],
    ])
    const events = second.json().map(({ type, input }) => [type, input])
    expect(events[0]).toEqual(['run-started', id])
    expect(events.at(-2)).toEqual(['run-ended', id])
    const here = await space.run('run', 'grey.json', 'a.tif', '-o', 'here')
    expect(here.code, here.stderr).toBe(0)
    expect(space.files('there')).toEqual(space.files('here'))
    for (const file of space.files('here'))
      expect(readFileSync(join(space.folder, 'there', file))).toEqual(readFileSync(join(space.folder, 'here', file)))
    expect(space.json('there/a.tif/receipt.json')).toMatchObject({ schemaVersion: 3, status: 'done', pipeline: grey })
    // Its receipt is one that the command replays.
    expect(await space.run('replay', 'there/a.tif/receipt.json', 'a.tif')).toMatchObject({ code: 0 })
  })

  it('uploads files of this machine to the collection, once, and tells documents of one title apart', async () => {
    const space = workspace()
    const served = await servedWithManager(space)
    space.pipeline('grey.json', grey)
    space.tiff('one/a.tif', 20)
    space.tiff('two/a.tif', 21)
    space.write('two/notes.md', 'no page')
    const args = ['run', 'grey.json', 'one', 'two', '--server', served.url, '-c', 'Letters', '-o', 'out', '-j', '1']
    expect(await space.run(...args)).toMatchObject({ code: 3, stderr: expect.stringContaining('Write --create') })
    const ran = await space.run(...args, '--create')
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stderr).toContain('two/notes.md is neither an image nor a PDF, but text')
    expect(ran.stdout.match(/^uploaded /gm)).toHaveLength(2)
    const client = clientOf(space, served)
    const [collection] = (await client.collections.list({})).items
    const { items } = await client.documents.list({ collection_id: collection?.id ?? '' })
    expect(items).toHaveLength(2)
    expect(
      space
        .files('out')
        .map((file) => file.replace(/^[0-9a-f]{24}-/, 'ID-'))
        .toSorted(),
    ).toEqual(['ID-a.tif/page-0001.png', 'a.tif/page-0001.png'])
    const again = await space.run(...args, '--json')
    expect(again.code, again.stderr).toBe(0)
    expect(summaryOf(again).inputs.map(({ input, version }) => [input, version])).toEqual([
      ['one/a.tif', 1],
      ['two/a.tif', 1],
    ])
    expect((await client.documents.list({ collection_id: collection?.id ?? '' })).items).toHaveLength(2)
  })

  it('runs on each document of a collection, and gathers one into a new document', async () => {
    const space = workspace()
    const served = await servedWithManager(space)
    space.pipeline('grey.json', grey)
    space.pipeline('book.json', {
      steps: [
        { id: 'pages', use: 'document.pages' },
        { id: 'words', use: 'ocr.recognize' },
        { id: 'pdf', use: 'pdf.searchable', from: { pages: 'pages', layout: 'words' } },
      ],
      outputs: { 'book.pdf': 'pdf' },
    })
    space.tiff('a.tif', 20)
    space.tiff('b.tif', 21)
    await letters(space, served, 'a.tif', 'b.tif')
    const to = ['--server', served.url, '--collection', 'Letters']
    const all = await space.run('run', 'grey.json', ...to, '-o', 'out')
    expect(all.code, all.stderr).toBe(0)
    expect(all.stdout).toMatch(/^done +a\.tif {2}.*1 file in out\/a\.tif, version 1 of/m)
    expect(all.stdout).toContain('2 inputs done.')
    expect(space.files('out')).toEqual(['a.tif/page-0001.png', 'b.tif/page-0001.png'])
    const book = await space.run('run', 'book.json', ...to, '--gather', '--title', 'The book', '-o', 'book', '--json')
    expect(book.code, book.stdout).toBe(0)
    expect(space.files('book')).toEqual(['book.pdf'])
    const [made] = summaryOf(book).inputs
    expect(await clientOf(space, served).documents.get({ id: made?.document ?? '' })).toMatchObject({ title: 'The book', pages: 2 })
  })

  it('takes a saved pipeline by its id, changed parameters, and further inputs as documents or files', async () => {
    const space = workspace({ faults: true })
    const served = await servedWithManager(space)
    space.tiff('a.tif', 20)
    space.tiff('logo.tif', 22)
    const [id = ''] = await letters(space, served, 'a.tif')
    const client = clientOf(space, served)
    const definition = {
      version: 1 as const,
      inputs: { logo: { kind: 'image' as const } },
      steps: [{ id: 'mark', use: 'test.mark', with: { label: 'x' }, from: { page: 'input', mark: 'logo' } }],
      outputs: { 'page.png': 'mark' },
    }
    const saved = await client.pipelines.save({ name: 'Mark', definition })
    const to = ['--server', served.url, '-c', 'Letters', '--json']
    expect(summaryOf(await space.run('run', saved.id, id, ...to))).toMatchObject({ error: { code: 'INPUT_MISSING' } })
    const ran = await space.run('run', saved.id, id, ...to, '--input', 'logo=logo.tif')
    expect(ran.code, ran.stdout).toBe(0)
    const run = await client.runs.get({ id: summaryOf(ran).inputs[0]?.run ?? '' })
    expect(run.saved_pipeline).toEqual({ id: saved.id, number: 1 })
    const changed = await space.run('run', saved.id, id, ...to, '--input', 'logo=logo.tif', '--set', 'mark.label=1')
    expect(changed.code, changed.stdout).toBe(0)
    const other = await client.runs.get({ id: summaryOf(changed).inputs[0]?.run ?? '' })
    expect(other.pipeline.steps[0]).toMatchObject({ with: { label: '1' } })
  })

  it('reports what failed with the exit code of its error, beside what was done', async () => {
    const space = workspace({ faults: true })
    const served = await servedWithManager(space)
    space.pipeline('refuse.json', { steps: [{ use: 'document.pages' }, { use: 'test.refuse', with: { width: 21 } }] })
    space.tiff('a.tif', 20)
    space.tiff('b.tif', 21)
    const [a = '', b = ''] = await letters(space, served, 'a.tif', 'b.tif')
    const ran = await space.run('run', 'refuse.json', a, b, '--server', served.url)
    expect(ran).toMatchObject({ code: 5, stdout: expect.stringMatching(/^done +a\.tif/m) })
    expect(ran.stderr).toMatch(/1 of 2 inputs failed:\n {2}b\.tif\n {4}CORRUPT_INPUT: A page of 21 pixels is refused/)
    space.write('out/a.tif/test.refuse-0001.png', 'mine')
    const there = await space.run('run', 'refuse.json', a, '--server', served.url, '-o', 'out')
    expect(there).toMatchObject({ code: 3, stdout: expect.stringContaining(`the same as version 1 of ${a}, OUTPUT_EXISTS`) })
    expect(space.read('out/a.tif/test.refuse-0001.png')).toBe('mine')
    expect(await space.run('run', 'refuse.json', a, '--server', served.url, '-o', 'out', '--force')).toMatchObject({ code: 0 })
  })

  it('cancels at the server when it is interrupted, waits for the end, and ends with 130', async () => {
    const space = workspace({ faults: true })
    const served = await servedWithManager(space)
    space.pipeline('slow.json', slow)
    space.tiff('a.tif', 21)
    const [id = ''] = await letters(space, served, 'a.tif')
    const { child, ended, says } = space.start(['run', 'slow.json', id, '--server', served.url, '--json'])
    await says('"type":"step-started"')
    const sent = performance.now()
    child.kill('SIGINT')
    const stopped = await ended
    expect(performance.now() - sent).toBeLessThan(5000)
    expect(stopped.code, stopped.stderr).toBe(130)
    const [input] = summaryOf(stopped).inputs
    expect(input).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } })
    expect(await clientOf(space, served).runs.get({ id: input?.run ?? '' })).toMatchObject({ state: 'cancelled' })
  })

  it('leaves at once when it is interrupted again, and says what becomes of the run', async () => {
    const space = workspace({ faults: true })
    const served = await servedWithManager(space)
    space.pipeline('slow.json', slow)
    space.tiff('a.tif', 21)
    const [id = ''] = await letters(space, served, 'a.tif')
    const { child, ended, says } = space.start(['run', 'slow.json', id, '--server', served.url, '--json'])
    await says('"type":"step-started"')
    // A server that answers nothing.
    served.child.kill('SIGSTOP')
    child.kill('SIGINT')
    await says('Cancelling at the server')
    const again = setInterval(() => child.kill('SIGINT'), 100)
    const { code, stderr } = await ended
    clearInterval(again)
    expect(code).toBe(130)
    expect(stderr).toMatch(/The run [0-9a-f]{24} was asked to stop; the server has not answered yet\./)
  })

  it('cancels a collection’s runs as one, also those that it does not watch', async () => {
    const space = workspace({ faults: true })
    const served = await servedWithManager(space)
    space.pipeline('slow.json', slow)
    space.tiff('a.tif', 21)
    space.tiff('b.tif', 21, 20)
    space.tiff('c.tif', 20, 21)
    await letters(space, served, 'a.tif', 'b.tif', 'c.tif')
    const { child, ended, says } = space.start(['run', 'slow.json', '--server', served.url, '-c', 'Letters', '--json', '-j', '1'])
    await says('"type":"step-started"')
    child.kill('SIGINT')
    const stopped = await ended
    expect(stopped.code, stopped.stderr).toBe(130)
    expect(summaryOf(stopped).inputs.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled'])
  })
})

describe('imagedoc run --server refuses', { timeout: 120_000 }, () => {
  it('what is for this machine, and what makes no sense together, before it asks the server', async () => {
    const space = workspace()
    const nobody = ['--server', 'http://127.0.0.1:1']
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await space.run('run', 'p.json', ...args)
      expect(code, stderr).toBe(2)
      return stderr
    }
    for (const option of [['--cache', 'x'], ['--no-cache'], ['--isolate'], ['--config', 'x']])
      expect(await refused('a.tif', ...nobody, ...option)).toContain(`${option[0]} is for runs on this machine`)
    expect(await refused(...nobody)).toContain('--collection ID|TITLE')
    expect(await refused('a.tif', '--gather', ...nobody)).toContain('leave the inputs out')
    expect(await refused('a.tif', '--title', 'x', ...nobody)).toContain('--gather')
    expect(await refused('a.tif', '--force', ...nobody)).toContain('-o DIR')
    expect(await refused('a.tif', '-c', 'Letters', '-o', 'out')).toContain('add --server URL')
    expect(await refused('-o', 'out')).toContain('at least one input')
  })

  it('who is not logged in, pipelines with problems, and inputs that are not there, before anything is uploaded', async () => {
    const space = workspace()
    space.pipeline('grey.json', grey)
    space.pipeline('wrong.json', { steps: [{ use: 'image.crop', with: { widht: 5 } }] })
    space.tiff('a.tif', 20)
    expect(await space.run('run', 'grey.json', 'a.tif', '--server', 'http://127.0.0.1:1')).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('imagedoc login --server http://127.0.0.1:1'),
    })
    const served = await servedWithManager(space)
    const to = ['--server', served.url]
    const wrong = await space.run('run', 'wrong.json', 'a.tif', ...to, '-c', 'Letters', '--create')
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/INVALID_PIPELINE[\s\S]*steps\[0\]\.with\.widht/) })
    expect(await space.run('run', 'grey.json', 'a.tif', ...to)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a.tif is a file on this machine: name the collection'),
    })
    expect(await space.run('run', 'grey.json', '0'.repeat(24), ...to)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`You see no document ${'0'.repeat(24)}`),
    })
    expect(await space.run('run', 'grey.json', 'gone.tif', ...to)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('by their ids'),
    })
    expect((await clientOf(space, served).collections.list({})).items).toEqual([])
  })
})
