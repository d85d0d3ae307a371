import { createRandom } from '@imagedoc/fixtures'

/** PDFs of a few KB that take PDFium long, each in another way: they are made by seed, so that no cache knows them. */
export type SlowPdf = 'field tree' | 'shading' | 'tiling' | 'images'

type Objects = readonly string[]

/** Ten thousand and more of something, drawn over all of the page. */
const MANY = 10_000

export const slowPdfs: readonly SlowPdf[] = ['field tree', 'shading', 'tiling', 'images']

/** One page of A4. */
export function slowPdf(kind: SlowPdf, seed: number): Uint8Array {
  const random = createRandom(`${kind} ${seed}`)
  const number = (least: number, most: number): string => random.between(least, most).toFixed(3)
  switch (kind) {
    case 'field tree':
      return pdf(fieldTree(31, number(0, 1e9)))
    case 'shading':
      return pdf(shading(number))
    case 'tiling':
      return pdf(tiling(number))
    case 'images':
      return pdf(images(number))
  }
}

type NumberBetween = (least: number, most: number) => string

const pages = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const page = (resources: string): string =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << ${resources} >> >>`
const stream = (entries: string, text: string): string => `<< ${entries} /Length ${text.length} >>\nstream\n${text}\nendstream`

/** Every field has the same two kids, so `depth` objects are 2^depth fields. */
function fieldTree(depth: number, name: string): Objects {
  const first = 5
  const fields = Array.from({ length: depth }, (_, level) => {
    const kid = first + level + 1
    const kids = level === depth - 1 ? '' : `/Kids [${kid} 0 R ${kid} 0 R]`
    return `<< /FT /Tx /T (${name}.${level}) ${kids} >>`
  })
  const catalogue = `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${first} 0 R] >> >>`
  return [catalogue, pages, page(''), stream('', '0 0 9 9 re f'), ...fields]
}

/** A radial shading by a formula, painted over the page again and again. */
function shading(number: NumberBetween): Objects {
  const operators = Array.from({ length: MANY }, () => `q ${number(0.9, 1)} 0 0 1 0 0 cm /S sh Q`).join('\n')
  const formula = stream(
    '/FunctionType 4 /Domain [0 1] /Range [0 1 0 1 0 1]',
    `{ dup ${number(1, 2)} mul sin abs exch dup cos abs exch 360 mul sin abs }`,
  )
  const radial = '<< /ShadingType 3 /ColorSpace /DeviceRGB /Coords [300 400 0 300 400 600] /Function 6 0 R /Extend [true true] >>'
  return ['<< /Type /Catalog /Pages 2 0 R >>', pages, page('/Shading << /S 5 0 R >>'), stream('', operators), radial, formula]
}

/** A pattern of small steps whose cell takes long itself. */
function tiling(number: NumberBetween): Objects {
  const operators = Array.from({ length: 400 }, () => `/Pattern cs /P scn ${number(0, 9)} 0 595 842 re f`).join('\n')
  const cell = Array.from({ length: 200 }, () => `${number(0, 1)} g ${number(0, 3)} ${number(0, 3)} 2 2 re f`).join('\n')
  const pattern = stream(
    `/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 3 3] /XStep 0.7 /YStep 0.7 /Matrix [${number(0.9, 1)} 0.1 -0.1 1 0 0] /Resources << >>`,
    cell,
  )
  return ['<< /Type /Catalog /Pages 2 0 R >>', pages, page('/Pattern << /P 5 0 R >>'), stream('', operators), pattern]
}

/** One image, drawn ten thousand times, each time turned a little. */
function images(number: NumberBetween): Objects {
  const operators = Array.from({ length: MANY }, () => `q 595 ${number(1, 90)} ${number(-90, -1)} 842 0 0 cm /I Do Q`).join('\n')
  const side = 64
  const bytes = Array.from({ length: side * side }, () => String.fromCharCode(32 + Number(number(0, 90).split('.')[0]))).join('')
  const image = stream(
    `/Type /XObject /Subtype /Image /Width ${side} /Height ${side} /ColorSpace /DeviceGray /BitsPerComponent 8 /Interpolate true`,
    bytes,
  )
  return ['<< /Type /Catalog /Pages 2 0 R >>', pages, page('/XObject << /I 5 0 R >>'), stream('', operators), image]
}

function pdf(objects: Objects): Uint8Array {
  let text = '%PDF-1.7\n'
  const offsets = objects.map((object, index) => {
    const at = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const table = text.length
  const rows = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}
