import type { Pixels } from '@imagedoc/core'
import { describePluginContract } from '@imagedoc/core/testing'
import { renderPage } from '@imagedoc/fixtures'
import image from '../src/index.ts'
import { paint, random, writtenPage } from './pages.ts'

const colours = paint(40, 30, (x, y) => [(x * 7) % 256, (y * 11) % 256, (x * y) % 256])
const scan = await renderPage({ seed: 3, width: 620, height: 480, dpi: 100, channels: 1, degradation: { from: 'light', skewDegrees: 3 } })
/** A page of A4 at 300 dpi in colour: what says that it yields may not hold the event loop over it for long. */
const large: Pixels = { width: 2480, height: 3508, channels: 3, density: 300, data: new Uint8Array(2480 * 3508 * 3) }
for (let at = 0; at < large.data.length; at++) large.data[at] = (at * at) % 251
const skewed: Pixels = { width: scan.width, height: scan.height, channels: 1, density: scan.dpi, data: new Uint8Array(scan.pixels) }
const flat = writtenPage({ width: 900, height: 900, seed: 9 })
const fanned = paint(900, 900, (x, y) => {
  // Lines that run apart: the further down, the steeper.
  const line = (y - 450) / (1 + 0.0001 * (x - 450)) + 450
  return line < 0 || line >= 900 ? 230 : (flat.data[Math.floor(line) * 900 + x] as number)
})

/** Uneven paper with grey writing, a few specks, a long rule and a dark edge on the left. */
const dirty = (() => {
  const next = random(5)
  return paint(240, 180, (x, y) => {
    const paper = 235 - Math.round(x / 4)
    const noise = Math.round((next() - 0.5) * 30)
    if (x < 12) return 15
    if (y >= 90 && y < 93 && x > 30 && x < 225) return 25
    if (y % 24 > 12 && y % 24 < 18 && x % 11 < 5 && y < 80) return paper - 90 + noise
    if ((x * x + 7 * y * y) % 1009 === 3) return 20
    return paper + noise
  })
})()

/** White paper on a black desk, which shows on the left. */
const onDesk = paint(240, 180, (x) => (x < 100 ? 15 : 235))

describePluginContract(image(), {
  samples: {
    'image.crop': {
      input: colours,
      large,
      params: { left: 2, top: 3, width: 10, height: 8 },
      effects: { left: { value: 4 }, top: { value: '20%' }, width: { value: 12 }, height: { value: '30%' } },
    },
    'image.rotate': { input: colours, large, params: { angle: 7 }, effects: { angle: { value: 90 }, background: { value: '#00ff0080' } } },
    'image.resize': {
      input: colours,
      large,
      params: { width: 20 },
      effects: {
        width: { value: '25%' },
        height: { value: 6 },
        fit: { value: 'fill', with: { height: 20 } },
        enlarge: { value: true, with: { width: 60 } },
      },
    },
    'image.grayscale': { input: colours, large },
    'image.adjust': {
      input: colours,
      large,
      effects: { brightness: { value: 1.2 }, contrast: { value: 1.5 }, saturation: { value: 0.2 }, gamma: { value: 2 } },
    },
    'image.blur': { input: colours, large, effects: { sigma: { value: 3 } } },
    'image.sharpen': { input: colours, large, effects: { sigma: { value: 3 }, amount: { value: 2 } } },
    'image.deskew': {
      input: skewed,
      effects: { limit: { value: 1 }, keystone: { value: false, input: fanned }, background: { value: '#000000' } },
    },
    'image.binarize': {
      input: dirty,
      effects: {
        method: { value: 'otsu' },
        window: { value: 9 },
        k: { value: 0.6 },
        background: { value: 'keep' },
        lines: { value: 'remove' },
        border: { value: 'remove', with: { method: 'otsu', background: 'keep' }, input: onDesk },
        despeckle: { value: 0 },
      },
    },
    'image.encode': {
      input: colours,
      large,
      params: { format: 'jpeg' },
      effects: { format: { value: 'webp' }, quality: { value: 20 } },
    },
  },
})
