import { spawn } from 'node:child_process'
import { abortError, ImageDocError, throwIfAborted } from '@imagedoc/core'
import type { ApertiumOptions } from '../options.ts'
import { dataArguments } from './apertium-program.ts'

/** One hop of a translation. */
export interface Hop {
  readonly mode: string
  readonly options: ApertiumOptions
  readonly signal: AbortSignal
}

/**
 * Translates segments in one process, with empty lines between them: Apertium ends a sentence there and gives them back.
 * Should their number have changed, the halves are translated by themselves.
 */
export async function runApertium(segments: readonly string[], hop: Hop): Promise<string[]> {
  throwIfAborted(hop.signal)
  // A NUL would end the text for every program in Apertium's pipe.
  const output = await runProgram(segments.map((segment) => segment.replaceAll('\0', '')).join('\n\n'), hop)
  const translated = output.trim().split(/\s*\n\s*\n\s*/)
  if (translated.length === segments.length && translated.every((segment) => segment !== '')) return translated.map(oneLine)
  if (segments.length === 1) return [oneLine(output) || (segments[0] as string)]
  const middle = Math.ceil(segments.length / 2)
  return [...(await runApertium(segments.slice(0, middle), hop)), ...(await runApertium(segments.slice(middle), hop))]
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim()
}

function runProgram(text: string, { mode, options, signal }: Hop): Promise<string> {
  // It is a shell script around a pipe of programs: a process group of its own is what can be killed as a whole. It opens /dev/stdin
  // by name, which fails on the socket that Node gives a child, so the text comes through cat.
  // -u leaves out the marks *, @ and # of unknown words, and only those: the text's own stay.
  const child = spawn('sh', ['-c', 'cat | exec "$0" "$@"', options.path, ...dataArguments(options), '-u', mode], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
  signal.addEventListener('abort', kill, { once: true })
  const output: Buffer[] = []
  let messages = ''
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (messages = (messages + chunk).slice(-4000)))
  child.stdin.on('error', () => {})
  child.stdin.end(text)
  return new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => reject(new ImageDocError('ENGINE_FAILED', 'The program apertium could not be run.', { cause })))
    child.once('close', (code) => {
      if (signal.aborted) return reject(abortError(signal))
      const translated = Buffer.concat(output).toString('utf8')
      if (code === 0 && translated.trim() !== '') return resolve(translated)
      const ended = code === 0 ? 'gave no translation' : `ended with code ${code}`
      reject(new ImageDocError('ENGINE_FAILED', `The program apertium ${ended} in the direction ${mode}.`, { cause: new Error(messages) }))
    })
  }).finally(() => signal.removeEventListener('abort', kill))
}
