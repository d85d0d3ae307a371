import { execFileSync, fork } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { ImageDocError, type Json } from '../../src/errors/error.ts'
import { createRegistry } from '../../src/plugin/registry.ts'
import type { Payload } from '../../src/ports/step-runner.ts'
import { createChildrenRunner } from '../../src/runner/children.ts'
import { testImage } from '../../src/testing/faults/codec.ts'
import faults from '../../src/testing/faults/module.ts'
import { describeStepRunnerContract } from '../../src/testing/index.ts'
import { callOf, hooks, payload } from '../../src/testing/segment-call.ts'

const MEMORY = 300 * 2 ** 20

describeStepRunnerContract('children', {
  isolates: true,
  create: (registry) => createChildrenRunner({ registry, children: 2, limits: { memoryBytes: MEMORY } }),
})

describe('the children runner', () => {
  const registry = createRegistry([faults()])
  const runner = createChildrenRunner({ registry, children: 1, recycleAfter: { tasks: 2 } })
  afterAll(() => runner[Symbol.asyncDispose]())

  const where = async (on = runner): Promise<{ pid: number; environment: string[] }> => {
    const result = await on.runSegment(callOf([{ use: 'fault.where', engine: 'local' }]), hooks())
    return result.diagnostics[0]?.details as { pid: number; environment: string[] } & Json
  }

  it('replaces a child after so many tasks', async () => {
    const pids = [(await where()).pid, (await where()).pid, (await where()).pid]
    expect(pids[0]).toBe(pids[1])
    expect(pids[2]).not.toBe(pids[1])
  })

  it('tells a child where programs and folders are, and nothing that may be a secret', async () => {
    process.env['DEEPL_AUTH_KEY'] = 'secret'
    process.env['NODE_OPTIONS'] ??= ''
    const { environment } = await where()
    expect(environment).toContain('PATH')
    expect(environment).toContain('TMPDIR')
    expect(environment).not.toContain('DEEPL_AUTH_KEY')
    expect(environment).not.toContain('NODE_OPTIONS')
    delete process.env['DEEPL_AUTH_KEY']
  })

  describe('pours a large file into a child', () => {
    const file = testImage()
    const held = () => Promise.reject(new Error('The file was read into this process.'))
    const run = (stream: Payload['stream'], signal = new AbortController().signal) =>
      runner.runSegment(callOf([{ use: 'fault.file' }], { inputs: [payload(file, { load: held, stream })] }), hooks({ signal }))

    it('without holding it', async () => {
      const pieces = [file.subarray(0, 3), file.subarray(3)]
      const result = await run(async () => ReadableStream.from(pieces) as ReadableStream<Uint8Array>)
      const { value } = result as Extract<typeof result, { value: unknown }>
      expect(JSON.parse(new TextDecoder().decode(value.bytes))).toMatchObject({ size: file.length })
    })

    it('and tells what is wrong with its stream', async () => {
      const changed = new ImageDocError('DIGEST_MISMATCH', 'It changed.')
      const broken = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.error(changed),
      })
      await expect(run(async () => broken)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    })
  })

  it('children of the background give way to this process; others do not', async () => {
    await using quiet = createChildrenRunner({ registry, children: 1, background: true })
    expect(getPriority((await where(quiet)).pid)).toBeGreaterThan(getPriority())
    expect(getPriority((await where()).pid)).toBe(getPriority())
  })

  it('says where steps would run', () => {
    const { steps } = callOf([{ use: 'fault.add' }, { use: 'fault.where', engine: 'local' }, { use: 'fault.where', engine: 'network' }])
    expect(runner.describe(steps.slice(0, 2))).toBe('child process')
    expect(runner.describe(steps)).toBe('child process, in process (network)')
  })

  it.skipIf(!existsSync('/proc'))('leaves no child behind when its own process is killed, not even one that hangs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'imagedoc-orphans-'))
    const parent = fork(new URL('./hanging-parent.ts', import.meta.url), [], { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' })
    const [hanging] = await new Promise<number[]>((resolve) => parent.once('message', (pids) => resolve(pids as number[])))
    expect(isAlive(hanging as number)).toBe(true)
    parent.kill('SIGKILL')
    for (let waited = 0; waited < 3000 && isAlive(hanging as number); waited += 50) await delay(50)
    expect(isAlive(hanging as number)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  })
})

/** A zombie that nobody waits for is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .trim()
      .startsWith('Z')
  } catch {
    return false
  }
}
