import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** What Emscripten gives to let C ask for a font. */
export interface FontMemory {
  readonly HEAPU8: Uint8Array
  readonly HEAPU32: Uint32Array
  /** Gives a C function pointer for `call`; `signature`: the result's type, then the parameters'. */
  addFunction(call: (...parameters: number[]) => number, signature: string): number
  UTF8ToString(pointer: number): string
}

/** A face as PDFium asks for it, in words of its font mapper. */
export interface FaceRequest {
  /** Name without spaces, as the document has it or as PDFium translated it. */
  readonly name: string
  /** 400 is regular, 700 bold. */
  readonly weight: number
  readonly italic: boolean
  /** Flags of fpdf_sysfontinfo.h. */
  readonly pitchFamily: number
  /** Of Windows: 0 ANSI, 161 Greek, 204 Cyrillic, 128 to 136 Chinese, Japanese, Korean. */
  readonly charset: number
}

/** The packaged families: as wide as Arial, Times New Roman and Courier New, with Latin, Greek, Cyrillic and Hebrew letters. */
const families = { sans: 'Arimo', serif: 'Tinos', mono: 'Cousine' } as const
type Family = keyof typeof families

const fixedPitch = 1 << 0
const roman = 1 << 4
/** PDFium calls a face bold from this weight on. */
const BOLD = 600
/** Chinese, Japanese and Korean: no packaged face has their letters, and PDFium's own handling of a miss is the better one. */
const withoutFace = new Set([128, 129, 134, 136])
const symbolCharset = 2

const require = createRequire(import.meta.url)

/** The packaged face that stands in for one that a document names and does not bring: a path of the package's files, without `.ttf`. */
export function faceFor(request: FaceRequest): string | undefined {
  if (withoutFace.has(request.charset) || request.charset === symbolCharset) return undefined
  const family = familyOf(request)
  const bold = request.weight >= BOLD || /bold|black|heavy/i.test(request.name)
  const italic = request.italic || /italic|oblique/i.test(request.name)
  const style = `${bold ? '700Bold' : '400Regular'}${italic ? '_Italic' : ''}`
  return `@expo-google-fonts/${families[family].toLowerCase()}/${style}/${families[family]}_${style}`
}

function familyOf({ name, pitchFamily }: FaceRequest): Family {
  if (/courier|mono|consol|typewriter|fixed/i.test(name)) return 'mono'
  if (/times|serif(?<!sans-?serif)|roman|georgia|garamond|palatino|book|century|cambria|minion|caslon|song|ming|mincho/i.test(name))
    return 'serif'
  if (/arial|helvetica|sans|verdana|tahoma|calibri|gothic|segoe|univers|frutiger|futura/i.test(name)) return 'sans'
  if (pitchFamily & fixedPitch) return 'mono'
  return pitchFamily & roman ? 'serif' : 'sans'
}

/** The versions of the packaged faces, for the engine's fingerprint. */
export async function faceVersions(): Promise<string> {
  const versions = await Promise.all(
    Object.values(families).map(async (family) => {
      const manifest = JSON.parse(await readFile(require.resolve(`@expo-google-fonts/${family.toLowerCase()}/package.json`), 'utf8'))
      return `${family} ${(manifest as { version: string }).version}`
    }),
  )
  return versions.join(', ')
}

/** Of FPDF_SYSFONTINFO (fpdf_sysfontinfo.h): the version and eight functions. */
const INFO_WORDS = 9

/**
 * Answers PDFium's questions for fonts of the system with the packaged faces: what a page looks like must not depend on what is installed.
 * Returns the pointer for FPDF_SetSystemFontInfo. A face is read when a page first needs it.
 */
export function createFontInfo(memory: FontMemory, allocate: (size: number) => number): number {
  const faces: string[] = []
  const loaded = new Map<string, Uint8Array>()
  const bytesOf = (handle: number): Uint8Array | undefined => {
    const face = faces[handle - 1]
    if (face === undefined) return undefined
    const bytes = loaded.get(face) ?? readFileSync(require.resolve(`${face}.ttf`))
    loaded.set(face, bytes)
    return bytes
  }
  const mapFont = (...[, weight = 400, italic = 0, charset = 0, pitchFamily = 0, name = 0]: number[]): number => {
    const face = faceFor({ name: name === 0 ? '' : memory.UTF8ToString(name), weight, italic: italic !== 0, pitchFamily, charset })
    if (face === undefined) return 0
    const at = faces.indexOf(face)
    return at < 0 ? faces.push(face) : at + 1
  }
  const fontData = (...[, handle = 0, table = 0, buffer = 0, size = 0]: number[]): number => {
    const file = bytesOf(handle)
    const bytes = file && table !== 0 ? tableOf(file, table >>> 0) : file
    if (bytes === undefined) return 0
    if (buffer !== 0 && size >>> 0 >= bytes.length) memory.HEAPU8.set(bytes, buffer >>> 0)
    return bytes.length
  }
  // Release, EnumFonts, MapFont, GetFont, GetFontData, GetFaceName, GetFontCharset, DeleteFont. `v`: the number is not taken.
  const functions: [call: (...parameters: number[]) => number, signature: string][] = [
    [() => 0, 'vi'],
    [() => 0, 'vii'],
    [mapFont, 'iiiiiiii'],
    [() => 0, 'iii'],
    [fontData, 'iiiiii'],
    [() => 0, 'iiiii'],
    [() => 0, 'iii'],
    [() => 0, 'vii'],
  ]
  const pointer = allocate(INFO_WORDS * 4)
  const words = [1, ...functions.map(([call, signature]) => memory.addFunction(call, signature))]
  memory.HEAPU32.set(words, pointer >> 2)
  return pointer
}

/** A table of a TrueType file by its four letters, as one number. */
function tableOf(file: Uint8Array, tag: number): Uint8Array | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let index = 0, at = 12; index < view.getUint16(4); index++, at += 16) {
    if (view.getUint32(at) === tag) return file.subarray(view.getUint32(at + 8), view.getUint32(at + 8) + view.getUint32(at + 12))
  }
  return undefined
}
