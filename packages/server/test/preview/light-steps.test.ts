import type { OperationInfo } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { readSteps } from '../../src/preview/light-steps.ts'

const port = { name: 'input', kinds: ['image'], many: false, optional: false, words: 'image' }
const blur: OperationInfo = {
  name: 'other.blur',
  summary: 'Blur.',
  version: 1,
  plugin: 'imagedoc-plugin-other',
  inputs: [port],
  namedInputs: false,
  output: { ...port, name: 'output' },
  params: {},
  engines: [],
  cost: 'light',
  example: { use: 'other.blur' },
}
/** Whatever is written is a pipeline: that is the parser's to say, and tested with it. */
const parser = { parse: (definition: unknown) => definition as never }
const read = (info: Partial<OperationInfo>, step: object = {}) =>
  readSteps(parser, new Map([['other.blur', { ...blur, ...info }]]), [{ use: 'other.blur', ...step }])

describe('steps that a preview shows', () => {
  const local = { id: 'here', network: false }
  const remote = { id: 'far', network: true }

  it('are light ones of one image to one image, whatever their plugin', () => {
    expect(read({})).toEqual([{ use: 'other.blur' }])
    expect(read({ engines: [local, remote] }, { engine: 'here' })).toHaveLength(1)
    const found = { name: 'found', kinds: ['data'], many: false, optional: true, words: 'optional data' }
    expect(read({ inputs: [port, found], namedInputs: true })).toHaveLength(1)
  })

  it.each<[string, Partial<OperationInfo>, object]>([
    ['heavy ones', { cost: 'heavy' }, {}],
    ['those that take several images', { inputs: [{ ...port, many: true, words: 'many image' }] }, {}],
    ['those with more inputs than one', { inputs: [port, { ...port, name: 'mask' }] }, {}],
    ['those that give several', { output: { ...port, many: true } }, {}],
    ['those that give something else', { output: { ...port, kinds: ['text'] } }, {}],
    ['those that may ask a remote service', { engines: [local, remote] }, {}],
    ['those that are told to ask one', { engines: [local, remote] }, { engine: 'far' }],
  ])('are not %s', (_, info, step) => {
    expect(() => read(info, step)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', path: 'steps[0].use' }))
  })
})
