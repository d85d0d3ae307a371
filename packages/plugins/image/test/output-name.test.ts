import { createImageDoc } from '@imagedoc/core'
import { expect, it } from 'vitest'
import image from '../src/index.ts'

it('an output may not be named for another format than its step encodes', async () => {
  await using imagedoc = createImageDoc({ plugins: [image()] })
  const definition = (name: string) => ({
    version: 1,
    steps: [{ use: 'image.encode', with: { format: 'jpeg' } }],
    outputs: { [name]: 'image.encode' },
  })
  expect(imagedoc.problems(definition('page.jpg'))).toEqual([])
  expect(imagedoc.problems(definition('page.png'))).toMatchObject([
    { path: 'outputs["page.png"]', remedy: expect.stringContaining('.jpg') },
  ])
})
