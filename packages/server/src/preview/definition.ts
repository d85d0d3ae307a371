import type { PipelineDefinition, StepDefinition } from '@imagedoc/core'
import type { Size } from './reduced-size.ts'
import type { PreviewRequest } from './request.ts'

/** A pipeline for one page, and how many steps stand before those of the request. */
export interface PreviewDefinition {
  readonly definition: PipelineDefinition
  readonly before: number
  readonly output: string
}

const PAGE = 'preview-page'
const REDUCED = 'preview-reduced'
const RESULT = 'preview-result'
/** The step that cuts an exact region. */
export const REGION = 'preview-region'

const nameFor = (format: PreviewRequest['format']): string => `preview.${format === 'jpeg' ? 'jpg' : format}`
const pageStep = (page: number): StepDefinition => ({ id: PAGE, use: 'document.pages', with: { pages: String(page) } })

/** The page as it is: its file tells its size. */
export function pageDefinition(page: number): PreviewDefinition {
  return { definition: { version: 1, steps: [pageStep(page)], outputs: { 'page.jpg': PAGE } }, before: 0, output: 'page.jpg' }
}

/** The steps on the page made smaller, which is kept: the next preview begins there. */
export function reducedDefinition(
  steps: readonly StepDefinition[],
  { page, size, format }: { page: number; size: Size; format: PreviewRequest['format'] },
): PreviewDefinition {
  const reduced: StepDefinition = {
    id: REDUCED,
    use: 'image.resize',
    with: { width: size.width, height: size.height, fit: 'fill' },
    cache: true,
  }
  const own = onto(steps, REDUCED)
  const output = nameFor(format)
  const definition = { version: 1 as const, steps: [pageStep(page), reduced, ...own], outputs: { [output]: own.at(-1)?.id ?? REDUCED } }
  return { definition, before: 2, output }
}

/** A region of what the steps make of the whole page. That is kept: the next region of it is cut from there. */
export function exactDefinition(
  steps: readonly StepDefinition[],
  { page, crop, format }: { page: number; crop: NonNullable<PreviewRequest['crop']>; format: PreviewRequest['format'] },
): PreviewDefinition {
  const own = onto(steps, PAGE).map((step, index) => (index === steps.length - 1 ? { cache: true, ...step } : step))
  const region: StepDefinition = { id: REGION, use: 'image.crop', with: crop }
  const output = nameFor(format)
  return { definition: { version: 1, steps: [pageStep(page), ...own, region], outputs: { [output]: REGION } }, before: 1, output }
}

/** To the steps of a preview the page is the input. The last one is what is shown, so it has a name. */
function onto(steps: readonly StepDefinition[], base: string): StepDefinition[] {
  return steps.map((step, index) => ({
    ...step,
    ...(index === steps.length - 1 && step.id === undefined ? { id: RESULT } : {}),
    ...(step.from === undefined ? {} : { from: fromPage(step.from, base) }),
  }))
}

function fromPage(from: NonNullable<StepDefinition['from']>, base: string): NonNullable<StepDefinition['from']> {
  const named = (name: string): string => (name === 'input' ? base : name)
  if (typeof from === 'string') return named(from)
  return Object.fromEntries(Object.entries(from).map(([port, name]) => [port, named(name)]))
}
