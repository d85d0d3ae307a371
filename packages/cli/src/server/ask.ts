import { createInterface } from 'node:readline'
import { createInterface as createPromises } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ImageDocError } from '@imagedoc/core'

/** Asks the user. Where nobody sits in front of it, each answer is a line of standard input. */
export interface Asker extends Disposable {
  /** Whether there is somebody to ask again. */
  readonly isTerminal: boolean
  /** @throws INPUT_MISSING when standard input has no further line; CANCELLED on Ctrl-C */
  line(prompt: string): Promise<string>
  /** As `line`, and what is typed is not shown. */
  secret(prompt: string): Promise<string>
}

interface Streams {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

/** @param streams `input.isTTY` decides whether it is a terminal */
export function createAsker(streams: Streams = { input: process.stdin, output: process.stderr }): Asker {
  return streams.input.isTTY ? terminalAsker(streams) : lineAsker(streams)
}

function terminalAsker({ input, output }: Streams): Asker {
  const ask = async (prompt: string, isShown: boolean): Promise<string> => {
    const stop = new AbortController()
    // Readline repeats what is typed and redraws the line: for a secret into nothing.
    const echo = new Writable({
      write(chunk, _, done) {
        if (isShown) output.write(chunk)
        done()
      },
    })
    const lines = createPromises({ input, output: echo, terminal: true, historySize: 0 })
    lines.on('SIGINT', () => stop.abort())
    if (!isShown) output.write(prompt)
    try {
      return await lines.question(isShown ? prompt : '', { signal: stop.signal })
    } catch (error) {
      throw stop.signal.aborted ? new ImageDocError('CANCELLED', 'It was cancelled.', { cause: error }) : error
    } finally {
      lines.close()
      if (!isShown) output.write('\n')
    }
  }
  return { isTerminal: true, line: (prompt) => ask(prompt, true), secret: (prompt) => ask(prompt, false), [Symbol.dispose]() {} }
}

function lineAsker({ input }: Streams): Asker {
  const reader = createInterface({ input })
  const lines = reader[Symbol.asyncIterator]()
  const next = async (prompt: string): Promise<string> => {
    const { value, done } = await lines.next()
    if (!done) return value
    const what = prompt.replace(/:\s*$/, '')
    throw new ImageDocError(
      'INPUT_MISSING',
      `"${what}" would be asked for, but standard input is no terminal and has no further line for it.`,
    )
  }
  return { isTerminal: false, line: next, secret: next, [Symbol.dispose]: () => reader.close() }
}
