import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TruthBlock } from '../metrics/cer.ts'

/** A page with its truth: `NAME.jpg` and `NAME.json` in `DIR/PROFILE/`, as in the shared corpus and as the fixtures' command writes them. */
export interface EvaluationPage {
  profile: string
  /** File name without extension. */
  name: string
  path: string
  text: string
  blocks: readonly TruthBlock[]
}

/** The pages of every profile (folder) in a directory, by name; `only` names the profiles wanted. */
export async function findPages(directory: string, only?: readonly string[]): Promise<EvaluationPage[]> {
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const profiles = only ?? folders.sort(inCustomaryOrder)
  const pages: EvaluationPage[] = []
  for (const profile of profiles) {
    const files = await readdir(join(directory, profile))
    for (const file of files.filter((name) => name.endsWith('.jpg')).sort()) {
      const name = file.slice(0, -'.jpg'.length)
      const truth = await readTruth(join(directory, profile, `${name}.json`))
      pages.push({ profile, name, path: join(directory, profile, file), ...truth })
    }
  }
  return pages
}

const custom = ['scan', 'aged', 'photo']

/** The mildest first, strangers after them by name. */
function inCustomaryOrder(one: string, other: string): number {
  const rank = (name: string) => (custom.includes(name) ? custom.indexOf(name) : custom.length)
  return rank(one) - rank(other) || one.localeCompare(other)
}

async function readTruth(path: string): Promise<Pick<EvaluationPage, 'text' | 'blocks'>> {
  const truth: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!isTruth(truth)) throw new Error(`${path} is no truth of a page: it needs "text" and "blocks"`)
  return { text: truth.text, blocks: truth.blocks }
}

function isTruth(value: unknown): value is Pick<EvaluationPage, 'text' | 'blocks'> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'text' in value &&
    typeof value.text === 'string' &&
    'blocks' in value &&
    Array.isArray(value.blocks)
  )
}
