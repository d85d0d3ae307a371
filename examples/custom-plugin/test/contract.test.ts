import type { Pixels } from '@imagedoc/core'
import { describePluginContract } from '@imagedoc/core/testing'
import example from '../src/index.ts'

const page: Pixels = { width: 6, height: 4, channels: 3, density: 300, data: new Uint8Array(6 * 4 * 3).fill(255) }

describePluginContract(example(), {
  samples: {
    'example.frame': { input: page, params: { width: 2 }, effects: { width: { value: 3 }, colour: { value: '#804000' } } },
  },
})
