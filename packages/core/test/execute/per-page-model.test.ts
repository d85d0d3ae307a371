import { describe, expect, it } from 'vitest'
import { matchesOf, parsePageSelection } from '../../src/artifact/page-selection.ts'
import { digestOf, formatPageId, type Output, type PerPageEntry, type StepDefinition } from '../../src/index.ts'
import { openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

/** The same numbers on every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const selections = ['1', '2-3', 'odd', 'even', '-1', '3-', '2--2', '1,-2']

const idOf = (words: readonly string[], page: number): string =>
  formatPageId({ source: digestOf(new TextEncoder().encode(words.join(' '))), page, part: [], copy: 0 })

function randomSteps(random: () => number, words: readonly string[]): StepDefinition[] {
  const pick = <Value>(list: readonly Value[]): Value => list[Math.floor(random() * list.length)] as Value
  const entry = (): PerPageEntry => {
    const pages = pick([...selections, idOf(words, 1)])
    if (random() < 0.3) return { pages, skip: true }
    return {
      pages,
      with: pick<Record<string, string>>([{ left: pick(['<', '[']) }, { right: pick(['>', ']']) }, { left: '"', right: '"' }, {}]),
    }
  }
  return Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => ({
    id: `step-${index}`,
    use: 'test.frame',
    ...(random() < 0.5 ? { with: { left: pick(['{', '/']) } } : {}),
    ...(random() < 0.3 ? { cache: true } : {}),
    ...(random() < 0.8 ? { perPage: Array.from({ length: 1 + Math.floor(random() * 3) }, entry) } : {}),
  }))
}

/** What the steps make of each word, by the plainest means. */
function modelOf(words: readonly string[], steps: readonly StepDefinition[]): string[] {
  return words.map((word, index) => {
    const place = { number: index + 1, total: words.length, id: idOf(words, index) }
    return steps.reduce((text, step) => {
      let params: Record<string, unknown> = { left: '(', right: ')', ...step.with }
      let skip = false
      for (const entry of step.perPage ?? []) {
        if (matchesOf([parsePageSelection(entry.pages)], place).length === 0) continue
        skip = entry.skip === true
        params = { ...params, ...entry.with }
      }
      return skip ? text : `${params.left}${text}${params.right}`
    }, word)
  })
}

describe('random parameters by page', () => {
  it('give what a model without cache and segments gives, cold, changed and warm', async () => {
    await using shop = openWorkshop()
    const random = seeded(11)
    for (let round = 0; round < 60; round++) {
      const words = 'a b c d e'.split(' ').slice(0, 1 + Math.floor(random() * 5))
      const steps = randomSteps(random, words)
      const pipeline = { version: 1 as const, steps: [{ use: 'test.words' }, ...steps], outputs: { 'out.txt': `step-${steps.length - 1}` } }
      for (const _ of ['cold', 'warm']) {
        const { outputs, error } = await shop.imagedoc.run(pipeline, { input: textInput(words.join(' ')) })
        expect(error).toBeUndefined()
        const made = await Promise.all((await Array.fromAsync(outputs['out.txt'] as Output)).map(textOf))
        expect(made, JSON.stringify(steps)).toEqual(modelOf(words, steps))
      }
    }
  })
})
