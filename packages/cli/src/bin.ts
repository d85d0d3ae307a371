#!/usr/bin/env node
// The whole module: an older Node that lacks a name would end before it could say that it is too old.
import module from 'node:module'

const major = Number.parseInt(process.versions.node, 10)
if (major < 24) {
  process.stderr.write(`imagedoc needs Node 24 or newer; this is ${process.versions.node}.\n`)
  process.exit(9)
}

// Before anything else is imported: it saves about a third of the start of a small run.
module.enableCompileCache()

// `imagedoc … | head` closes the pipe early; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70))

const { main } = await import('./main.ts')
const code = await main(process.argv.slice(2))
// What was written must have left; then nothing that an engine left behind (a thread, a socket) may hold the command.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
