import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { makeInputs, type Sample } from '../src/sample.ts'

const samples = join(import.meta.dirname, '..', 'samples')
const bin = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'bin.ts')
const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

interface Summary {
  type: string
  inputs: { input: string; status: string; error?: { code: string }; steps: { id: string; cache: string }[] }[]
}

/** Runs the command in a folder; gives its exit code and the summary, its last line. */
function imagedoc(folder: string, args: readonly string[]): Promise<{ exit: number | null; summary: Summary; stderr: string }> {
  const { DEEPL_AUTH_KEY: _, IMAGEDOC_DEEPL_AUTH_KEY: __, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@imagedoc/source', bin, ...args], {
    cwd: folder,
    env: { ...env, IMAGEDOC_CWD: folder },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => {
      const last = stdout.trim().split('\n').at(-1) ?? ''
      resolve({ exit, summary: last.startsWith('{') ? (JSON.parse(last) as Summary) : { type: last, inputs: [] }, stderr })
    })
  })
}

/** Codes of the warnings that stand in each input's receipt, where there are any. */
async function warningsOf(folder: string, inputs: readonly string[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const input of inputs) {
    const text = await readFile(join(folder, 'out', input, 'receipt.json'), 'utf8').catch(() => '{ "steps": [] }')
    const { steps } = JSON.parse(text) as { steps: { diagnostics: { code: string; severity: string }[] }[] }
    const codes = steps.flatMap(({ diagnostics }) => diagnostics.filter(({ severity }) => severity === 'warning').map(({ code }) => code))
    if (codes.length > 0) found[input] = [...new Set(codes)].sort()
  }
  return found
}

/** Every file below a folder, receipts left out. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'receipt.json')
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort()
}

describe.each(readdirSync(samples))('the sample %s', (name) => {
  it('comes out as it says', async () => {
    const sample = JSON.parse(await readFile(join(samples, name, 'sample.json'), 'utf8')) as Sample
    const folder = await mkdtemp(join(tmpdir(), `imagedoc-${name}-`))
    folders.push(folder)
    await cp(join(samples, name, 'pipeline.json'), join(folder, 'pipeline.json'))
    await makeInputs(sample, folder)
    const args = ['run', 'pipeline.json', ...sample.args, '-o', 'out', '--cache', 'cache', '--json']

    const { exit, summary, stderr } = await imagedoc(folder, args)
    expect(summary.type, stderr).toBe('summary')
    expect(Object.fromEntries(summary.inputs.map((input) => [input.input, input.status]))).toEqual(sample.expect.status)
    expect(exit).toBe(sample.expect.exit)
    expect(await filesBelow(join(folder, 'out'))).toEqual(sample.expect.files.toSorted())
    for (const [file, words] of Object.entries(sample.expect.contains ?? {})) {
      const text = await readFile(join(folder, 'out', file), 'utf8')
      for (const word of words) expect(text).toContain(word)
    }
    for (const [input, code] of Object.entries(sample.expect.errors ?? {}))
      expect(summary.inputs.find((entry) => entry.input === input)?.error?.code).toBe(code)

    const inputs = Object.keys(sample.expect.status)
    expect(await warningsOf(folder, inputs)).toEqual(sample.expect.warnings ?? {})

    if (!sample.expect.again) return
    const again = await imagedoc(folder, args)
    expect(await warningsOf(folder, inputs)).toEqual(sample.expect.warnings ?? {})
    expect(again.exit).toBe(sample.expect.exit)
    expect(Object.fromEntries(again.summary.inputs[0]?.steps.map((step) => [step.id, step.cache]) ?? [])).toEqual(sample.expect.again)
  }, 120_000)
})
