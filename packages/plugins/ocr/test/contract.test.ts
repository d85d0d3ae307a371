import { createLayout, type LayoutDraft, type Line } from '@imagedoc/core'
import { describePluginContract } from '@imagedoc/core/testing'
import ocr from '../src/index.ts'
import { dividedPage } from './divided-page.ts'
import { madePage } from './pages.ts'

const { pixels } = await madePage({ seed: 3, layout: 'two-column', width: 700, height: 300, dpi: 110 })

const line = (text: string, top: number): LayoutDraft<Line> => ({
  box: [0, top, 100, top + 10],
  words: text.split(' ').map((word) => ({ text: word, box: [0, top, 10, top + 10], confidence: 1, language: 'por' })),
})
const lines = [line('uma bi-', 0), line('blioteca velha', 20)]
const divided = createLayout({ width: 100, height: 100, density: null, blocks: [{ kind: 'paragraph', box: [0, 0, 100, 40], lines }] })

describePluginContract(ocr(), {
  samples: {
    'ocr.recognize': {
      input: pixels,
      params: { languages: ['por'] },
      engine: 'tesseract.js',
      effects: { languages: { value: ['eng'] }, segmentation: { value: 'line' }, order: { value: 'columns', input: await dividedPage() } },
    },
    'ocr.text': { input: [divided, divided], effects: { language: { value: 'glg' }, hyphens: { value: 'join' } } },
  },
})
