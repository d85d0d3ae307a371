import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { workspace } from '../support/workspace.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').split('## Exit codes')[1]
const gray = {
  steps: [{ use: 'image.grayscale' }, { id: 'small', use: 'image.resize', with: { width: 8 } }],
  outputs: { 'small.png': 'small' },
}

describe('imagedoc', () => {
  it('explains itself and every command, and suggests what was meant', async () => {
    const { run } = workspace()
    const help = await run('--help')
    expect([help.code, help.stderr]).toEqual([0, ''])
    // What is piped is as wide as the usual terminal.
    expect(help.stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    for (const exit of new Set(Object.values(errorCodes).map((entry) => entry.exit))) {
      expect(help.stdout).toMatch(new RegExp(`^  ${exit} `, 'm'))
      expect(readme).toMatch(new RegExp(`[\\s,·:]${exit} `))
    }
    for (const name of ['run', 'validate', 'explain', 'operations', 'schema', 'replay', 'doctor', 'cache', 'serve', 'login', 'upload']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
      expect((await run(name, '--help')).stdout).toContain(`Usage: imagedoc ${name}`)
    }
    expect(await run('valdiate', 'p.json')).toMatchObject({
      code: 2,
      stderr: 'There is no command "valdiate". Did you mean "validate"?\nSee imagedoc --help.\n',
    })
    // `ocr` is near to `gc`, and means something else.
    expect(await run('ocr')).toMatchObject({ code: 2, stderr: expect.not.stringContaining('gc') })
    expect(await run('ocr.recognize')).toMatchObject({
      code: 2,
      stderr:
        '"ocr.recognize" is no command. Operations run as steps of a pipeline: write { "version": 1, "steps": [{ "use": "ocr.recognize" }] } to a file p.json, then imagedoc run p.json INPUT… -o DIR.\nSee imagedoc operations ocr.recognize.\n',
    })
    expect(await run('p.json', 'a.tif')).toMatchObject({ code: 2, stderr: expect.stringContaining('imagedoc run p.json INPUT… -o DIR') })
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
  })

  it('comes as far as to say that a Node is too old: before that it asks no module for a name that may be new', () => {
    const bin = readFileSync(join(import.meta.dirname, '../../src/bin.ts'), 'utf8')
    expect(bin.match(/^import .*$/gm)).toEqual(["import module from 'node:module'"])
    expect(bin.indexOf('needs Node')).toBeLessThan(bin.indexOf('module.enableCompileCache'))
  })

  it('validates several pipelines and reports every problem with its path and remedy', async () => {
    const { run, pipeline } = workspace()
    pipeline('good.json', gray)
    pipeline('bad.json', { steps: [{ use: 'image.crpo' }, { use: 'image.rotate', with: { angel: 90 } }] })
    const { code, stdout, stderr } = await run('validate', 'good.json', 'bad.json')
    expect(code).toBe(2)
    expect(stdout).toBe('good.json is valid.\n')
    expect(stderr).toMatch(/^bad\.json has \d problems:\n.*steps\[0\]\.use: .*Did you mean "image\.crop"\?/)
    expect(stderr).toContain('steps[1].with.angel')
    expect(await run('validate', 'good.json')).toMatchObject({ code: 0, stderr: '' })
  })

  it('says what was probably meant by a pipeline that is not there, that is a folder, or that is a document', async () => {
    const { run, pipeline, tiff } = workspace()
    pipeline('archive/page.json', gray)
    tiff('a.tif', 20)
    expect(await run('validate', 'archive/pge.json')).toMatchObject({
      code: 3,
      stderr: 'NOT_FOUND: The pipeline archive/pge.json could not be read: it does not exist. Did you mean "page.json"?\n',
    })
    expect(await run('validate', 'archive')).toMatchObject({ code: 3, stderr: expect.stringContaining('is a folder; name a JSON file') })
    expect(await run('run', 'a.tif', 'archive/page.json', '-o', 'out')).toMatchObject({
      code: 2,
      stderr: 'INVALID_PIPELINE: The pipeline a.tif is an image, not JSON: the pipeline comes before the inputs.\n',
    })
  })

  it('names the place of a slip in the JSON', async () => {
    const { run, write } = workspace()
    write('p.json', '{ "version": 1,\n  "steps": [ { "use": "image.crop" "with": {} } ] }')
    expect((await run('validate', 'p.json')).stderr).toMatch(/INVALID_PIPELINE: The pipeline p\.json is not JSON: .*line 2/)
  })

  it('explains what would run and what is in the cache', async () => {
    const { run, pipeline, tiff } = workspace()
    pipeline('p.json', gray)
    tiff('a.tif', 20)
    const cold = await run('explain', 'p.json', 'a.tif')
    expect(cold.stdout).toMatch(/small +image\.resize +image +image +1 +sharp +miss +[0-9a-f]{12} +in process/)
    await run('run', 'p.json', 'a.tif', '-o', 'out')
    const warm = JSON.parse((await run('explain', 'p.json', 'a.tif', '--json')).stdout)
    expect(warm).toMatchObject({
      inputs: [
        { input: 'a.tif', steps: [{ id: 'image.grayscale' }, { id: 'small', cache: 'hit', key: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
      ],
    })
  })

  it('explains and does what --set says of some pages', async () => {
    const { run, pipeline, tiff } = workspace()
    pipeline('p.json', gray)
    tiff('a.tif', 20)
    const set = ['--set', 'small[1].width=7', '--set', 'small[9]=skip']
    const { stdout } = await run('explain', 'p.json', 'a.tif', ...set)
    expect(stdout).toMatch(/^small on 1: \{.*"width":7.*\}; sharp, first of the operation$/m)
    expect(stdout).toContain('warning: steps[1].perPage[1].pages: "9" names no page: there is one.')
    expect(await run('run', 'p.json', 'a.tif', '-o', 'out', ...set)).toMatchObject({ code: 0 })
    expect(await run('run', 'p.json', 'a.tif', '-o', 'out', '--set', 'small[first].width=7')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('steps[1].perPage[0].pages: "first" names no page'),
    })
  })

  it('lists operations, and describes one with parameters, bounds and an example that is valid', async () => {
    const { run, pipeline } = workspace()
    expect((await run('operations')).stdout).toMatch(/@imagedoc\/plugin-image\n {2}image\.crop +\S.*ocr\.recognize.*translate\.text/s)
    const { stdout } = await run('operations', 'image.rotate')
    expect(stdout).toMatch(/angle +number -360 to 360, deg/)
    const example = JSON.parse(stdout.slice(stdout.indexOf('{')))
    pipeline('p.json', { steps: [example] })
    expect((await run('validate', 'p.json')).code).toBe(0)
    expect(await run('operations', 'crop')).toMatchObject({ code: 3, stderr: expect.stringContaining('Did you mean "image.crop"?') })
  })

  it('writes the JSON Schema of the installed plugins', async () => {
    const { run, json } = workspace()
    expect((await run('schema', '-o', 'schemas/pipeline.schema.json')).code).toBe(0)
    expect(JSON.stringify(json('schemas/pipeline.schema.json'))).toContain('"const":"ocr.recognize"')
  })

  it('replays a receipt and says whether the results are the same', async () => {
    const { run, pipeline, tiff, write, json } = workspace()
    pipeline('p.json', gray)
    tiff('a.tif', 20)
    tiff('b.tif', 21)
    await run('run', 'p.json', 'a.tif', '-o', 'out')
    expect(await run('replay', 'out/a.tif/receipt.json', 'b.tif', 'a.tif')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('same      small.png\nThe results are the same.'),
    })
    expect(await run('replay', 'out/a.tif/receipt.json', 'b.tif')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('REPLAY_MISMATCH'),
    })
    const receipt = json('out/a.tif/receipt.json') as { outputs: Record<string, { digest: string }[]> }
    const other = { ...receipt, outputs: { 'small.png': [{ ...receipt.outputs['small.png']?.[0], digest: `sha256:${'0'.repeat(64)}` }] } }
    write('other.json', JSON.stringify(other))
    const differs = await run('replay', 'other.json', 'a.tif', '--json')
    expect(differs.code).toBe(1)
    expect(differs.json().at(-1)).toMatchObject({
      type: 'replay',
      same: false,
      status: 'done',
      compared: [{ name: 'small.png', same: false, different: 1 }],
    })
  })

  it('shows and empties the result cache', async () => {
    const { run, pipeline, tiff } = workspace()
    pipeline('p.json', gray)
    tiff('a.tif', 20)
    await run('run', 'p.json', 'a.tif', '-o', 'out')
    const before = JSON.parse((await run('cache', 'stats', '--json')).stdout)
    expect(before.entries).toBeGreaterThan(0)
    await run('cache', 'clear')
    expect(JSON.parse((await run('cache', 'stats', '--json')).stdout)).toMatchObject({ entries: 0 })
    expect(await run('cache', 'claer')).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "clear"?') })
  })

  it('runs without a Redis that is down, and says so where the cache is all that is asked for', async () => {
    const { start, tiff, pipeline, files } = workspace()
    // The port of nobody (RFC 863 discards what comes in, and no system listens by default).
    const env = { IMAGEDOC_REDIS_CACHE_URL: 'redis://user:secret@127.0.0.1:9' }
    pipeline('p.json', { steps: [{ use: 'image.grayscale' }], outputs: { 'page.png': 'image.grayscale' } })
    tiff('a.tif', 10)
    const run = await start(['run', 'p.json', 'a.tif', '-o', 'out'], { env }).ended
    expect([run.code, files('out')]).toEqual([0, ['a.tif/page.png']])
    expect(run.stderr + run.stdout).toContain('CACHE_UNAVAILABLE')
    const stats = await start(['cache', 'stats'], { env }).ended
    expect([stats.code, stats.stderr]).toEqual([
      8,
      expect.stringContaining('See whether it can be reached from here, or choose another cache'),
    ])
    expect(stats.stderr).not.toContain('secret')
  })

  it('examines the machine, and names a wrong variable without showing its value', async () => {
    const { start } = workspace()
    const well = await start(['doctor', '--json'], { env: { IMAGEDOC_TRASH_DAYS: '5' } }).ended
    const { ok, checks } = JSON.parse(well.stdout) as {
      ok: boolean
      checks: { area: string; name: string; status: string; message: string }[]
    }
    expect([well.code, ok]).toEqual([0, true])
    expect(checks.find(({ name }) => name === 'environment')?.message).toContain('IMAGEDOC_TRASH_DAYS')
    expect(checks.find(({ name }) => name === 'ocr.recognize tesseract.js')?.status).toBe('ok')
    expect(checks.find(({ area, name }) => area === 'languages' && name.endsWith('tesseract.js'))?.message).toContain('eng')
    const ill = await start(['doctor'], { env: { IMAGEDOC_REDIS_CACHE_URL: 'http://secret@host', IMAGEDOC_CHACHE_DIR: '/x' } }).ended
    expect(ill.code).toBe(9)
    expect(ill.stdout).toContain('IMAGEDOC_REDIS_CACHE_URL is wrong; it expects an address such as redis://')
    expect(ill.stdout).toContain('Did you mean "IMAGEDOC_CACHE_DIR"?')
    expect(ill.stdout).not.toContain('secret')
  })

  it('takes the plugins that the nearest imagedoc.config.ts lists, and only those', async () => {
    const { start, folder, write } = workspace({ faults: true })
    write('deep/er/p.json', '{ "version": 1, "steps": [{ "use": "test.refuse", "with": { "width": 1 } }, { "use": "ocr.recognize" }] }')
    const { stderr, code } = await start(['validate', 'p.json'], { cwd: join(folder, 'deep/er') }).ended
    expect(code).toBe(2)
    expect(stderr).toContain('There is no operation "ocr.recognize"')
    expect(stderr).toMatch(/^p\.json has 1 problem:/)
  })

  it('says what is wrong with a configuration', async () => {
    const { run, write } = workspace()
    write('imagedoc.config.js', 'export default { plugin: [] }')
    expect(await run('operations')).toMatchObject({
      code: 9,
      stderr: expect.stringMatching(/INVALID_CONFIG: The configuration .*imagedoc\.config\.js must end with/),
    })
    write('imagedoc.config.js', 'export default { plugins: [{ name: "mine" }] }')
    expect(await run('operations')).toMatchObject({
      code: 9,
      stderr: expect.stringMatching(/^PLUGIN_INVALID: .*call it: plugins: \[image\(\)\]/),
    })
  })
})
