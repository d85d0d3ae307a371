import { afterAll, describe, expect, it } from 'vitest'
import { openWorkshop } from '../workshop/workshop.ts'

const shop = openWorkshop()
const { imagedoc } = shop
afterAll(() => shop[Symbol.asyncDispose]())

describe('the builder', () => {
  it('writes the JSON that a person would write', () => {
    const pipeline = imagedoc
      .pipeline('archive-page')
      .input('logo', 'image')
      .step('test.pages')
      .step('test.crop', { left: 5 }, { id: 'clean', onError: 'skip' })
      .step('test.stamp', {}, { from: { page: 'clean', mark: 'logo' } })
      .outputs({ 'pages.png': 'test.stamp' })
    const definition = {
      version: 1,
      name: 'archive-page',
      inputs: { logo: { kind: 'image' } },
      steps: [
        { use: 'test.pages' },
        { id: 'clean', use: 'test.crop', with: { left: 5 }, onError: 'skip' },
        { use: 'test.stamp', from: { page: 'clean', mark: 'logo' } },
      ],
      outputs: { 'pages.png': 'test.stamp' },
    }
    expect(pipeline.toJSON()).toEqual(definition)
    expect(JSON.parse(JSON.stringify(pipeline))).toEqual(definition)
    expect(imagedoc.parse(definition)).toEqual(definition)
  })

  it('never changes a builder that was given away', () => {
    const one = imagedoc.pipeline().step('test.add')
    const two = one.step('test.read')
    expect(one.toJSON().steps).toHaveLength(1)
    expect(two.toJSON().steps).toHaveLength(2)
    two.toJSON().steps.pop()
    expect(two.toJSON().steps).toHaveLength(2)
  })

  it('is no pipeline before it has a step', () => {
    expect(() => imagedoc.pipeline().toJSON()).toThrowError(expect.objectContaining({ code: 'INVALID_PIPELINE' }))
  })
})
