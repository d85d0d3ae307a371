import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { threadId } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createImageDoc,
  type Diagnostic,
  data,
  defineOperation,
  definePlugin,
  image,
  type Plugin,
  type PluginDefinition,
} from '../../src/index.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import { createChildrenRunner } from '../../src/runner/children.ts'
import { createInProcessRunner } from '../../src/runner/in-process.ts'
import { testCodec } from '../../src/testing/faults/codec.ts'
import faults from '../../src/testing/faults/module.ts'
import { callOf, hooks } from '../../src/testing/segment-call.ts'
import { imageFile } from '../workshop/codec.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { imageInput } from '../workshop/workshop.ts'

const core = new URL('../../src/index.ts', import.meta.url).href
const where = defineOperation({
  name: 'script.where',
  version: 1,
  summary: 'Say in which thread this runs.',
  input: image,
  output: data,
  params: z.strictObject({}),
  run: () => ({ output: { thread: threadId } }),
})

/** A plugin as somebody writes it into a script. */
function inScript(parts: Pick<PluginDefinition<[], z.ZodUndefined>, 'module'> & Partial<Pick<Plugin, 'codecs'>>): Plugin {
  const { codecs = [], ...rest } = parts
  const setup = () => ({ operations: [where], codecs })
  return definePlugin({ name: 'imagedoc-plugin-script', version: '1.0.0', apiVersion: 1, ...rest, setup })()
}
const source = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`
const folder = mkdtempSync(join(tmpdir(), 'unloadable-'))
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return pathToFileURL(join(folder, name)).href
}

async function runWith(plugin: Plugin) {
  const told: Diagnostic[] = []
  await using runner = createInProcessRunner({ registry: createRegistry([faults(), plugin]), threads: 1 })
  const at = hooks({ report: (diagnostic) => told.push(diagnostic) })
  const own = await runner.runSegment(callOf([{ use: 'script.where' }]), at)
  const crash = await runner.runSegment(callOf([{ use: 'fault.crash', with: { how: 'exit' } }]), hooks()).catch((error: Error) => error)
  return { thread: 'value' in own && JSON.parse(new TextDecoder().decode(own.value.bytes)).thread, told, crash }
}

describe('a plugin that threads cannot load', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    ['it is defined without "module"', {}],
    ['its module does not default-export its factory', { module: source('export const factory = () => {}') }],
    ['its module does not default-export its factory', { module: file('named.js', 'export const factory = () => {}') }],
    ['its module could not be imported: Out of paper.', { module: source('throw new Error("Out of paper.")') }],
    ['the default export of its module makes "another"', { module: source('export default () => ({ name: "another" })') }],
    [
      'its factory does not work without the secret options: There is no key.',
      { module: source('export default () => { throw new Error("There is no key.") }') },
    ],
    [
      'its module could not be imported: It runs pipelines when it is imported.',
      { module: file('runs.js', `import { createImageDoc } from '${core}'; createImageDoc({ plugins: [] }); export default () => {}`) },
    ],
  ])('runs in the main thread when %s, and says so; others run in threads', async (why, module) => {
    const { thread, told, crash } = await runWith(inScript(module))
    expect(thread).toBe(threadId)
    expect(told).toMatchObject([{ code: 'PLUGIN_IN_PROCESS', severity: 'warning', details: { plugin: 'imagedoc-plugin-script' } }])
    expect(told[0]?.message).toContain(`threads cannot load the plugin "imagedoc-plugin-script", because ${why}`)
    expect(told[0]?.message).toContain('default-export the factory')
    expect(crash).toMatchObject({ code: 'PROCESS_CRASHED' })
  })

  it('runs there also when its steps wait for a thread while the first one finds that out', async () => {
    const plugin = inScript({ module: source('throw new Error("Out of paper.")') })
    await using runner = createInProcessRunner({ registry: createRegistry([faults(), plugin]), threads: 2 })
    const results = await Promise.all(Array.from({ length: 12 }, () => runner.runSegment(callOf([{ use: 'script.where' }]), hooks())))
    expect(results.map((result) => 'value' in result && JSON.parse(new TextDecoder().decode(result.value.bytes)).thread)).toEqual(
      Array(12).fill(threadId),
    )
  })

  it('is not imported by a thread when its text shows that it would be for nothing: a script would be run once more', async () => {
    const trace = join(folder, 'ran')
    const script = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(trace)}, '')`
    expect((await runWith(inScript({ module: file('script.js', script) }))).thread).toBe(threadId)
    expect(existsSync(trace)).toBe(false)
  })

  it('takes others along when these may need its codec', async () => {
    const registry = createRegistry([faults(), inScript({ codecs: [testCodec] })])
    await using runner = createInProcessRunner({ registry, threads: 1 })
    const { steps } = callOf([{ use: 'fault.add-blocking' }])
    expect(runner.describe(steps)).toBe('in process')
  })

  it('is refused where its steps would have to be isolated', async () => {
    expect(() => createChildrenRunner({ registry: createRegistry([inScript({})]) })).toThrow(
      expect.objectContaining({ code: 'PLUGIN_INVALID', message: expect.stringContaining('defined without "module"') }),
    )
    await using runner = createChildrenRunner({ registry: createRegistry([faults(), inScript({ module: source('') })]), children: 1 })
    await expect(runner.runSegment(callOf([{ use: 'fault.add' }]), hooks())).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringMatching(/"imagedoc-plugin-script".*does not default-export its factory/),
    })
  })

  it('is told of once in a run, and not by a run that finds the results in the cache', async () => {
    await using imagedoc = createImageDoc({ plugins: [workshopPlugin(), inScript({})] })
    const input = imageInput(imageFile({ mediaType: 'image/tiff', pages: 3 }))
    const steps = [{ use: 'test.pages' }, { use: 'script.where' }]
    const first = await imagedoc.run({ version: 1, steps }, { input })
    const second = await imagedoc.run({ version: 1, steps }, { input })
    const told = (diagnostics: readonly Diagnostic[]): number => diagnostics.filter(({ code }) => code === 'PLUGIN_IN_PROCESS').length
    expect([first.status, told(first.diagnostics)]).toEqual(['done', 1])
    expect([second.status, told(second.diagnostics)]).toEqual(['done', 0])
  })
})

describe('a codec that does not say that it yields', () => {
  it('takes steps on images to a thread, though they yield themselves', async () => {
    const { blocking: _, ...codec } = testCodec
    const registry = createRegistry([{ ...faults(), codecs: [codec] }])
    await using runner = createInProcessRunner({ registry, threads: 1 })
    expect(runner.describe(callOf([{ use: 'fault.add' }]).steps)).toBe('thread')
  })
})
