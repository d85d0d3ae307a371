import { createImageDoc, fromBytes, type ImageDocOptions, type PipelineDefinition } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import { area, type Chain, degrees, sigma, targetWidth } from './hand-written.ts'

/** Five steps over a page; the output's name makes a PNG of it. */
export const pipeline: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'image.crop', with: area },
    { use: 'image.rotate', with: { angle: degrees } },
    { use: 'image.grayscale' },
    { use: 'image.resize', with: { width: targetWidth } },
    { use: 'image.sharpen', with: { sigma } },
  ],
  outputs: { 'page.png': 'image.sharpen' },
}

type Drivers = Pick<ImageDocOptions<[]>, 'cache' | 'blobs'>

/** The pipeline as a chain like the hand-written ones; with drivers it is cached. */
export function ownChain(drivers: Drivers | undefined): Chain & AsyncDisposable {
  const imagedoc = createImageDoc({ plugins: [image()], ...drivers })
  const run: Chain = async (file) => {
    const result = await imagedoc.run(pipeline, { input: fromBytes(file, { name: 'page.jpg' }) }, { cache: drivers !== undefined })
    if (result.status !== 'done') throw result.error ?? new Error(result.status)
    return (await result.outputs['page.png']!.one()).bytes()
  }
  return Object.assign(run, { [Symbol.asyncDispose]: () => imagedoc[Symbol.asyncDispose]() })
}
