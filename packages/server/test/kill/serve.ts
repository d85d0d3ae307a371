// A server of its own process, to be killed. Says where it serves.
import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { createServer } from '../../src/server.ts'
import poison from '../support/poison-plugin.ts'
import reading from '../support/reading-plugin.ts'

const server = await createServer({ config: defineConfig({ plugins: [image(), pdf(), reading(), poison()] }) })
process.once('SIGTERM', () => void server[Symbol.asyncDispose]())
process.stdout.write(`${server.url}\n`)
