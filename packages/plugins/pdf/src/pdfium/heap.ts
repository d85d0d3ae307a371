import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Methods } from '@embedpdf/pdfium'
import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { createFileAccess, type FileAccess, type FileMemory } from './file-access.ts'
import { createFontInfo, type FontMemory } from './fonts.ts'
import { createGrowth, type GrowingMemory, type Growth } from './growth.ts'
import type { PdfFile } from './pdf-file.ts'

/** What Emscripten gives of the memory; its views are replaced whenever it grows, so none of them may be kept. */
interface Memory extends FileMemory, FontMemory {
  readonly HEAPF32: Float32Array
  readonly HEAPF64: Float64Array
  readonly wasmExports: { malloc(size: number): number; free(pointer: number): void; memory: GrowingMemory }
}

/** The memory of one PDFium. This file alone knows of pointers into it; `scratch` is 128 bytes for what a C function writes back. */
export interface Heap {
  readonly scratch: number
  /** @throws MEMORY_LIMIT */
  allocate(size: number): number
  free(pointer: number): void
  /** Lets PDFium read a file where it is. @throws MEMORY_LIMIT */
  access(file: PdfFile): FileAccess
  copyOut(pointer: number, size: number): Uint8Array
  /** The bytes themselves: valid until the next call of anything. */
  view(pointer: number, size: number): Uint8Array
  words(count: number): number[]
  floats(count: number): number[]
  doubles(count: number): number[]
  /** The zero-terminated text in `scratch`. */
  text(): string
}

/** One instance of PDFium. `broken`: it trapped, its memory cannot be trusted, and it must be replaced. */
export interface Runtime {
  readonly api: Methods
  readonly heap: Heap
  readonly growth: Growth
  broken: boolean
}

const require = createRequire(import.meta.url)

/** Where the engine's files are; the package exports no `package.json`, so it is found beside the binary. */
export async function pdfiumVersion(): Promise<string> {
  const binary = require.resolve('@embedpdf/pdfium/pdfium.wasm')
  const manifest = JSON.parse(await readFile(join(dirname(binary), '..', 'package.json'), 'utf8')) as { version: string }
  return manifest.version
}

/** Loads PDFium: 4.6 MB of WebAssembly, about 0.1 s. */
export async function createRuntime(): Promise<Runtime> {
  const { init } = await import('@embedpdf/pdfium')
  const binary = await readFile(require.resolve('@embedpdf/pdfium/pdfium.wasm'))
  let growth: Growth | undefined
  const quiet = { wasmBinary: binary, print: () => undefined, printErr: (line: string) => growth?.hear(line) }
  const api = await init(quiet as never)
  api.PDFiumExt_Init()
  const memory = api.pdfium as unknown as Memory
  growth = createGrowth(memory.wasmExports.memory)
  const heap = createHeap(memory)
  api.FPDF_SetSystemFontInfo(createFontInfo(memory, heap.allocate))
  return { api, heap, growth, broken: false }
}

function createHeap(memory: Memory): Heap {
  const allocate = (size: number): number => {
    const pointer = memory.wasmExports.malloc(size)
    if (pointer === 0) throw new ImageDocError('MEMORY_LIMIT', `PDFium could not get ${size} bytes; lower "dpi", or split the document.`)
    return pointer
  }
  const free = (pointer: number): void => memory.wasmExports.free(pointer)
  const scratch = allocate(128)
  return {
    scratch,
    allocate,
    free,
    access: createFileAccess(memory, { allocate, free }),
    copyOut: (pointer, size) => memory.HEAPU8.slice(pointer, pointer + size),
    view: (pointer, size) => memory.HEAPU8.subarray(pointer, pointer + size),
    words: (count) => [...memory.HEAPU32.subarray(scratch >> 2, (scratch >> 2) + count)],
    floats: (count) => [...memory.HEAPF32.subarray(scratch >> 2, (scratch >> 2) + count)],
    doubles: (count) => [...memory.HEAPF64.subarray(scratch >> 3, (scratch >> 3) + count)],
    text: () => memory.UTF8ToString(scratch),
  }
}

/** Runs engine code; a trap of the WebAssembly becomes an error of ours and marks the runtime, which is never used again. */
export function guarded<Value>(runtime: Runtime, what: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (isImageDocError(error)) throw error
    runtime.broken = true
    const { refused } = runtime.growth
    if (refused !== undefined) throw new ImageDocError('MEMORY_LIMIT', `PDFium gave up on ${what}: ${refused}`, { cause: error })
    const reason = error instanceof Error ? error.message : String(error)
    throw new ImageDocError(
      'ENGINE_FAILED',
      `PDFium failed on ${what} (${reason.slice(0, 120)}). The file may be damaged; repair it with another tool and try again.`,
      { cause: error },
    )
  }
}
