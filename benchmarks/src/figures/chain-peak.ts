// One variant of chain.ts in a process of its own, three pages one after the other: its peak memory.
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { tell } from '../harness/child.ts'
import { handWritten } from './hand-written.ts'

const [name, path] = process.argv.slice(2) as [string, string]
const jpeg = await readFile(path)
sharp.cache(false)
sharp.concurrency(1)
if (name === 'own') {
  const { ownChain } = await import('./chain-run.ts')
  await using chain = ownChain(undefined)
  for (let page = 0; page < 3; page++) await chain(jpeg)
} else {
  for (let page = 0; page < 3; page++) await handWritten[name]!(jpeg)
}
tell(null)
