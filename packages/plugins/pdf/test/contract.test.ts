import { describePluginContract } from '@imagedoc/core/testing'
import pdf from '../src/index.ts'
import { addScan, addText, document, jpeg } from './support/documents.ts'
import { asImage, layoutOf } from './support/layouts.ts'

const size = { width: 80, height: 120 }
const scan = await jpeg(size)
const letters = await document(async (made) => {
  await addText(made, 'One')
  await addScan(made, scan)
})
const page = layoutOf(size, [{ words: [['Olá', [10, 40, 40, 52]]] }])

describePluginContract(pdf(), {
  samples: {
    'document.pages': {
      input: { mediaType: 'application/pdf', bytes: letters },
      params: { dpi: 72 },
      effects: { pages: { value: '2,1' }, dpi: { value: 36 } },
      without: { strict: 'It makes an error of a finding, and an error is no result (strict.test.ts).' },
    },
    'document.inspect': { input: { mediaType: 'application/pdf', bytes: letters } },
    'pdf.searchable': {
      input: { pages: [asImage(scan)], layout: [page] },
      effects: {
        title: { value: 'Letters, 1899' },
        language: { value: 'pt-BR' },
        pdfA: { value: true },
        // These two act before `run`: test/page-files.test.ts shows what they do.
        pictures: { value: 'jpeg' },
        quality: { value: 40 },
      },
    },
  },
})
