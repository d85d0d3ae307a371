import type { StepDefinition } from '../../src/index.ts'

/** A page as the model has it: which one it is, its pixels in one row, and where they begin on the whole page. */
export interface ModelPage {
  readonly name: string
  readonly copy: number
  readonly pixels: readonly number[]
  readonly left: number
}

/** What a step gives, in the plainest form: a list of pages. */
export interface ModelSequence {
  readonly id: string
  readonly pages: readonly ModelPage[]
  /** How often its pages were taken apart. */
  readonly depth: number
  readonly arranged: boolean
}

/** A random pipeline and what each of its steps gives; undefined from a join of pages that are not the same on. */
export interface RandomPipeline {
  readonly steps: readonly StepDefinition[]
  readonly last: ModelSequence | undefined
}

const MOST_PAGES = 20

/** A pipeline of some steps over sequences that are there already. */
export function randomPipeline(random: () => number, sources: readonly ModelSequence[], length: number): RandomPipeline {
  const below = (count: number): number => Math.floor(random() * count)
  const known = [...sources]
  const steps: StepDefinition[] = []
  for (let number = 0; number < length; number++) {
    // Mostly the newest, so that most steps stand one on the other.
    const from = known[Math.max(0, known.length - 1 - below(3))] as ModelSequence
    const other = known[below(known.length)] as ModelSequence
    const made = randomStep(`s${number}`, { from, other }, below)
    if (!made) continue
    steps.push(made.step)
    if (!made.gives) return { steps, last: undefined }
    known.push(made.gives)
  }
  return { steps, last: known.at(-1) as ModelSequence }
}

interface Made {
  readonly step: StepDefinition
  readonly gives: ModelSequence | undefined
}

interface Given {
  readonly from: ModelSequence
  readonly other: ModelSequence
}

function randomStep(id: string, { from, other }: Given, below: (count: number) => number): Made | undefined {
  const map = (change: (page: ModelPage) => ModelPage[]): ModelSequence => ({ ...from, id, pages: from.pages.flatMap(change) })
  switch (below(6)) {
    case 0: {
      const by = 1 + below(3)
      const change = (page: ModelPage) => [{ ...page, pixels: page.pixels.map((value) => (value + by) % 256) }]
      return { step: { id, use: below(2) ? 'test.add' : 'test.clean', from: from.id, with: { by } }, gives: map(change) }
    }
    case 1: {
      if (from.pages.some(({ pixels }) => pixels.length < 2) || from.pages.length * 2 > MOST_PAGES) return undefined
      return { step: { id, use: 'test.split', from: from.id }, gives: { ...map(halves), depth: from.depth + 1 } }
    }
    case 2: {
      const chosen = from.pages.map(() => below(2) === 1)
      if (!chosen.includes(true)) return undefined
      const pages = chosen.flatMap((isChosen, index) => (isChosen ? [index + 1] : [])).join(',')
      const gives = { ...from, id, arranged: true, pages: from.pages.filter((_, index) => chosen[index]) }
      return { step: { id, use: 'pages.select', from: from.id, with: { pages } }, gives }
    }
    case 3:
      return arranged({ id, use: 'pages.join', from: { pages: from.id, more: other.id } }, [...from.pages, ...other.pages], { from, other })
    case 4: {
      const at = below(from.pages.length)
      const pages = from.pages.toSpliced(at, 0, ...other.pages)
      const step = { id, use: 'pages.insert', from: { pages: from.id, inserted: other.id }, with: { at: String(at + 1) } }
      return arranged(step, pages, { from, other })
    }
    default:
      return from.depth === other.depth ? joined(id, { from, other }) : undefined
  }
}

function halves({ name, copy, pixels, left }: ModelPage): ModelPage[] {
  const width = Math.floor(pixels.length / 2)
  return ['a', 'b'].map((part, index) => ({
    name: `${name}${/[a-z]$/.test(name) ? '.' : ''}${part}`,
    copy,
    pixels: pixels.slice(index * width, (index + 1) * width),
    left: left + index * width,
  }))
}

function arranged(step: StepDefinition, pages: readonly ModelPage[], { from, other }: Given): Made | undefined {
  if (pages.length > MOST_PAGES) return undefined
  const taken = new Set<string>()
  const named = pages.map((page) => {
    let { copy } = page
    if (taken.has(`${page.name}#${copy}`)) for (copy = 0; taken.has(`${page.name}#${copy}`); copy++);
    taken.add(`${page.name}#${copy}`)
    return { ...page, copy }
  })
  return { step, gives: { id: step.id as string, pages: named, depth: Math.max(from.depth, other.depth), arranged: true } }
}

/** Adds to each page of `from` the same page of `other`. */
function joined(id: string, { from, other }: Given): Made {
  const step = { id, use: 'test.stamp', from: { page: from.id, mark: other.id } }
  const isAlike = from.arranged || other.arranged || from.pages.length === other.pages.length
  const pages = from.pages.flatMap((page) => {
    const same = other.pages.filter(({ name }) => name === page.name)
    const found = same.find(({ copy }) => copy === page.copy) ?? same[0]
    return found ? [{ ...page, pixels: page.pixels.map((value, index) => (value + (found.pixels[index] ?? 0)) % 256) }] : []
  })
  return { step, gives: isAlike && pages.length === from.pages.length ? { ...from, id, pages } : undefined }
}
