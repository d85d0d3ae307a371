import { expect, it } from 'vitest'
import { openWorkshop } from '../workshop/workshop.ts'

it('refuses an empty list of inputs before anything runs', async () => {
  await using shop = openWorkshop()
  const pipeline = shop.imagedoc.pipeline().step('test.words').step('test.join')
  await expect(shop.imagedoc.run(pipeline, { input: [] })).rejects.toMatchObject({ code: 'INPUT_MISSING', path: 'inputs.input' })
})
