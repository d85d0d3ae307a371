import { describe, expect, it } from 'vitest'
import { type FormOf, setParameters } from '../../src/pipeline/set-parameters.ts'
import { stepIds } from '../../src/pipeline/step-ids.ts'

const pipeline = {
  version: 1,
  steps: [
    { use: 'image.rotate', with: { angle: 1 } },
    { use: 'image.rotate' },
    { id: 'image.rotate.again', use: 'image.rotate' },
    { id: 'clean', use: 'image.binarize' },
  ],
}
const steps = (assignments: string[], formOf?: FormOf) =>
  (setParameters(pipeline, assignments, formOf) as typeof pipeline).steps.map((step) => step.with)

describe('--set', () => {
  it('without the name of a parameter is not understood', () => {
    expect(() => steps(['clean.=3'])).toThrow('write STEP.PARAM=VALUE')
  })

  it('changes one parameter of the step with the longest id that fits, and leaves the others and the original alone', () => {
    expect(steps(['image.rotate.angle=90', 'image.rotate.background="#ffffff"'])).toEqual([
      { angle: 90, background: '#ffffff' },
      undefined,
      undefined,
      undefined,
    ])
    expect(steps(['image.rotate-2.angle=90'])[1]).toEqual({ angle: 90 })
    expect(steps(['image.rotate.again.angle=90'])[2]).toEqual({ angle: 90 })
    expect(pipeline.steps[0]).toEqual({ use: 'image.rotate', with: { angle: 1 } })
  })

  it('reads a value as JSON, else as plain text; a later one wins', () => {
    expect(steps(['clean.method=sauvola', 'clean.list=["a",1]', 'clean.window=3', 'clean.window=5', 'clean.text=a=b'])[3]).toEqual({
      method: 'sauvola',
      list: ['a', 1],
      window: 5,
      text: 'a=b',
    })
  })

  it('keeps what looks like a number as text where the parameter is text', () => {
    expect(steps(['clean.pages=1', 'clean.range="2-3"'], () => 'text')[3]).toEqual({ pages: '1', range: '2-3' })
  })

  it('takes plain words for a list of texts, one or several with commas', () => {
    const texts = (...assignments: string[]) => steps(assignments, () => 'texts')[3]
    expect(texts('clean.languages=por')).toEqual({ languages: ['por'] })
    expect(texts('clean.languages=por, lat')).toEqual({ languages: ['por', 'lat'] })
    expect(texts('clean.languages=["por","lat"]')).toEqual({ languages: ['por', 'lat'] })
  })

  it('says which step was meant when there is none of that name', () => {
    expect(() => steps(['claen.window=3'])).toThrow('--set claen.window: the pipeline has no step "claen". Did you mean "clean"?')
    expect(() => steps(['nothing.like.it=3'])).toThrow('Its steps: image.rotate, image.rotate-2, image.rotate.again, clean.')
    for (const wrong of ['clean', 'clean=3', '=3', 'clean.window']) expect(() => steps([wrong])).toThrow('write STEP.PARAM=VALUE')
  })

  it('changes parameters of some pages, or skips them; parameters of the same pages are one entry', () => {
    const perPage = (...assignments: string[]) =>
      (setParameters(pipeline, assignments, () => undefined) as { steps: { perPage?: unknown }[] }).steps.map((step) => step.perPage)
    const set = [
      'clean[2-5].window=3',
      'clean[2-5].method=sauvola',
      'clean[-1]=skip',
      'clean[2-5].window=4',
      'image.rotate.again[odd].angle=1',
    ]
    expect(perPage(...set)).toEqual([
      undefined,
      undefined,
      [{ pages: 'odd', with: { angle: 1 } }],
      [
        { pages: '2-5', with: { window: 3, method: 'sauvola' } },
        { pages: '-1', skip: true },
        { pages: '2-5', with: { window: 4 } },
      ],
    ])
    expect(perPage('clean[7f83b1657ff1/3].text=a=b')[3]).toEqual([{ pages: '7f83b1657ff1/3', with: { text: 'a=b' } }])
    const written = { steps: [{ use: 'x', perPage: [{ pages: '1', with: { a: 1, b: 1 } }] }] }
    expect(setParameters(written, ['x[1].a=2', 'x[2].a=3'])).toEqual({
      steps: [
        {
          use: 'x',
          perPage: [
            { pages: '1', with: { a: 2, b: 1 } },
            { pages: '2', with: { a: 3 } },
          ],
        },
      ],
    })
  })

  it('of pages says what is wrong with it', () => {
    expect(() => steps(['claen[1].window=3'])).toThrow('--set claen[1]: the pipeline has no step "claen". Did you mean "clean"?')
    for (const wrong of ['clean[1]=3', 'clean[1].=3', 'clean[1', 'clean[1]window=3'])
      expect(() => steps([wrong])).toThrow('is not understood')
  })
})

describe('step ids', () => {
  it('are those that core gives, whatever is written', () => {
    const uses = [{ use: 'a.b' }, { use: 'a.b' }, { id: 'a.b-2', use: 'a.b' }, { use: 'a.b' }]
    expect(stepIds({ steps: uses })).toEqual(['a.b', 'a.b-3', 'a.b-2', 'a.b-4'])
    expect(stepIds({ steps: [{ use: 'logo' }], inputs: { logo: {} } })).toEqual(['logo-2'])
    expect([stepIds(null), stepIds({ steps: 3 }), stepIds({ steps: [null] })]).toEqual([[], [], ['undefined']])
  })
})
