import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { multiPageTiff } from '@imagedoc/fixtures'
import { onTestFinished } from 'vitest'

const bin = join(import.meta.dirname, '../../src/bin.ts')
const faults = pathToFileURL(join(import.meta.dirname, 'faults.ts')).href

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
  /** The lines of standard output as JSON. */
  json(): Record<string, unknown>[]
}

/** A folder of its own in which the real command is run, with a result cache of its own. */
export interface Workspace {
  folder: string
  write(path: string, content: string | Uint8Array): string
  pipeline(path: string, definition: object): string
  /** A TIFF with one grey page of each of these widths. */
  tiff(path: string, ...widths: number[]): string
  read(path: string): string
  json(path: string): Record<string, unknown>
  /** Files below a folder, sorted, without receipts. */
  files(path: string): string[]
  run(...args: string[]): Promise<Ended>
  start(args: readonly string[], options?: { env?: Record<string, string>; cwd?: string; input?: string }): Started
}

export interface Started {
  child: ChildProcess
  ended: Promise<Ended>
  /** Resolves, with all that was written so far, when it holds this text. */
  says(text: string): Promise<string>
}

/** @param options.faults the configuration adds the plugin with faults to the default ones for images and PDFs */
export function workspace(options: { faults?: boolean } = {}): Workspace {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'imagedoc-command-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const write = (path: string, content: string | Uint8Array): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    return path
  }
  if (options.faults) {
    write(
      'imagedoc.config.ts',
      `import faults, { imagePlugin, pdfPlugin } from '${faults}'\nexport default { plugins: [imagePlugin(), pdfPlugin(), faults()] }\n`,
    )
  }
  const start: Workspace['start'] = (args, { env = {}, cwd = folder, input } = {}) =>
    startCommand(args, {
      cwd,
      env: { ...cleanEnvironment(), IMAGEDOC_CACHE_DIR: join(folder, 'cache'), XDG_CONFIG_HOME: join(folder, 'config'), ...env },
      input,
    })
  return {
    folder,
    write,
    pipeline: (path, definition) => write(path, JSON.stringify({ version: 1, ...definition })),
    tiff: (path, ...widths) => write(path, multiPageTiff(widths.map(page))),
    read: (path) => readFileSync(join(folder, path), 'latin1'),
    json: (path) => JSON.parse(readFileSync(join(folder, path), 'utf8')),
    files: (path) =>
      readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== 'receipt.json')
        .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, path).length + 1))
        .sort(),
    run: (...args) => start(args).ended,
    start,
  }
}

/** A page whose grey values depend on its width, so that pages differ in more than size. */
function page(width: number) {
  const height = 12
  return {
    width,
    height,
    channels: 1 as const,
    dpi: 300,
    pixels: Uint8Array.from({ length: width * height }, (_, index) => (index * width) % 251),
  }
}

function cleanEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(IMAGEDOC_|DEEPL_|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name))
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}

function startCommand(
  args: readonly string[],
  { cwd, env, input }: { cwd: string; env: Record<string, string | undefined>; input: string | undefined },
): Started {
  const child = spawn(process.execPath, ['--conditions=@imagedoc/source', bin, ...args], {
    cwd,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  if (input !== undefined) child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) =>
      resolve({
        code,
        stdout,
        stderr,
        json: () =>
          stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
      }),
    )
  })
  // A test that fails must not leave it running in a folder that is removed.
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const says = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => void ((stdout + stderr).includes(text) && resolve(stdout + stderr))
      look()
      child.stdout?.on('data', look)
      child.stderr?.on('data', look)
      child.on('close', () => reject(new Error(`It ended without saying "${text}": ${stdout}${stderr}`)))
    })
  return { child, ended, says }
}
