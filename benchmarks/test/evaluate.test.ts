import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measure } from '../src/evaluate/measure.ts'
import { findPages } from '../src/evaluate/pages.ts'
import type { Reader } from '../src/evaluate/reader.ts'
import { report, withReport } from '../src/evaluate/report.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'imagedoc-evaluate-'))
  for (const [profile, name, text] of [
    ['photo', 'one', 'abcde'],
    ['scan', 'one', 'fghij'],
    ['scan', 'two', 'k'],
  ] as const) {
    await mkdir(join(directory, profile), { recursive: true })
    await writeFile(join(directory, profile, `${name}.jpg`), text)
    await writeFile(join(directory, profile, `${name}.json`), JSON.stringify({ text, blocks: [{ floating: false, lines: [text] }] }))
  }
})
afterAll(() => rm(directory, { recursive: true }))

const reader = (read: Reader['read']): Reader => ({ name: 'fake', read, async [Symbol.asyncDispose]() {} })

describe('findPages', () => {
  it('finds every profile, the mildest first, or those asked for', async () => {
    expect((await findPages(directory)).map((page) => `${page.profile}/${page.name}`)).toEqual(['scan/one', 'scan/two', 'photo/one'])
    expect((await findPages(directory, ['photo'])).map((page) => page.name)).toEqual(['one'])
  })
  it('refuses a truth without text or blocks', async () => {
    const broken = join(directory, 'broken-truth', 'scan')
    await mkdir(broken, { recursive: true })
    await writeFile(join(broken, 'x.jpg'), '')
    await writeFile(join(broken, 'x.json'), '{}')
    await expect(findPages(join(directory, 'broken-truth'))).rejects.toThrow('x.json is no truth')
    await rm(join(directory, 'broken-truth'), { recursive: true })
  })
})

describe('the report', () => {
  it('gives CER by length for each profile and names what failed', async () => {
    const pages = await findPages(directory, ['scan'])
    const half = reader(async (path) => {
      if (path.includes('two')) throw new Error('no such model')
      return 'fghix'
    })
    const readings = [await measure(half, pages[0]!), await measure(half, pages[1]!)]
    const tables = report([{ name: half.name, readings }])
    expect(tables).toContain('| scan | 0.03 | 0.333 |')
    expect(tables).toContain('| one | 0.200 | 0.000 |')
    expect(tables).toContain('- scan/two (fake): no such model')
  })

  it('leaves alone what was written around the tables', () => {
    const first = withReport(undefined, 'OLD')
    const noted = `${first}\nA note by hand.\n`
    const second = withReport(noted, 'NEW')
    expect(second).toContain('NEW')
    expect(second).not.toContain('OLD')
    expect(second.endsWith('\nA note by hand.\n')).toBe(true)
    expect(() => withReport('no marks', 'NEW')).toThrow('lost the marks')
  })
})
