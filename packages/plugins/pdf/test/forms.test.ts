import { type PDFContext, PDFName, type PDFRef } from '@cantoo/pdf-lib'
import { describe, expect, it } from 'vitest'
import { document } from './support/documents.ts'
import { takePages } from './support/run.ts'

const box = { Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 99, 99] }

/** A form with this content; `inner` is what its /F is. */
const form = (context: PDFContext, content: string, inner: PDFRef) =>
  context.stream(content, { ...box, Resources: { XObject: { F: inner } } } as never)

function formThatDrawsItself(context: PDFContext): PDFRef {
  const own = context.nextRef()
  context.assign(own, form(context, '/F Do /F Do', own))
  return own
}

/** Every level draws the one below ten times. */
function formsInForms(context: PDFContext, levels: number): PDFRef {
  let inner = context.register(context.stream('0 0 9 9 re f', box as never))
  for (let level = 1; level < levels; level++) inner = context.register(form(context, '/F Do '.repeat(10), inner))
  return inner
}

const pageThatDraws = (make: (context: PDFContext) => PDFRef): Promise<Uint8Array> =>
  document((made) => {
    const page = made.addPage([200, 200])
    page.node.setXObject(PDFName.of('F'), make(made.context))
    page.node.set(PDFName.of('Contents'), made.context.register(made.context.stream('/F Do')))
  })

const pageWithAnnotation = (make: (context: PDFContext) => PDFRef): Promise<Uint8Array> =>
  document((made) => {
    const { context } = made
    const stamp = context.obj({ Type: 'Annot', Subtype: 'Stamp', Rect: [0, 0, 99, 99], F: 4, AP: { N: make(context) } } as never)
    made.addPage([200, 200]).node.set(PDFName.of('Annots'), context.obj([context.register(stamp)]))
  })

async function firstPage(bytes: Uint8Array) {
  const { output } = await takePages(bytes, { dpi: 72 })
  await using _ = output
  return output.at(0)
}

describe('forms that draw forms', () => {
  it.each([
    ['a form that draws itself', pageThatDraws(formThatDrawsItself)],
    ['forms ten levels deep', pageThatDraws((context) => formsInForms(context, 10))],
    ['an annotation whose look draws itself', pageWithAnnotation(formThatDrawsItself)],
  ])('are refused before they fill the memory: %s', async (_, made) => {
    await expect(firstPage(await made)).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
      message: expect.stringMatching(/page 1: what it draws needs more than [12]\d\d MiB\. Its forms may draw themselves/),
    })
  })

  it('are drawn where they are no more than a page needs, also behind one that was refused', async () => {
    await expect(firstPage(await pageThatDraws(formThatDrawsItself))).rejects.toMatchObject({ code: 'MEMORY_LIMIT' })
    expect(await firstPage(await pageThatDraws((context) => formsInForms(context, 4)))).toMatchObject({ width: 200, height: 200 })
  })
})
