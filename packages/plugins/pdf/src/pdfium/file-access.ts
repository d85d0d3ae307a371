import type { PdfFile } from './pdf-file.ts'

/** A file that PDFium reads piece by piece (FPDF_FILEACCESS of fpdfview.h), instead of a copy of it in its memory. */
export interface FileAccess {
  /** For FPDF_LoadCustomDocument. */
  readonly pointer: number
  /** How many bytes PDFium has read of it. What it reads of a stream it keeps until the document is closed. */
  readonly readBytes: number
  release(): void
}

/** What Emscripten gives to let C read a file. */
export interface FileMemory {
  readonly HEAPU8: Uint8Array
  readonly HEAPU32: Uint32Array
  /** Gives a C function pointer for `call`; `signature`: the result's type, then the parameters'. */
  addFunction(call: (...parameters: number[]) => number, signature: string): number
}

interface Allocator {
  allocate(size: number): number
  free(pointer: number): void
}

/** Gives files to one PDFium: a C function is made once, and told apart by its parameter which file is meant. */
export function createFileAccess(memory: FileMemory, { allocate, free }: Allocator): (file: PdfFile) => FileAccess {
  const open = new Map<number, { file: PdfFile; readBytes: number }>()
  const getBlock = (...[id = 0, position = 0, buffer = 0, size = 0]: number[]): number => {
    const entry = open.get(id)
    if (!entry) return 0
    const [from, length] = [buffer >>> 0, size >>> 0]
    try {
      entry.file.read(position >>> 0, memory.HEAPU8.subarray(from, from + length))
    } catch {
      // PDFium knows what to do with a file that ends early; an exception would leave its stack undone.
      return 0
    }
    entry.readBytes += length
    return 1
  }
  let callback: number | undefined
  let lastId = 0
  return (file) => {
    callback ??= memory.addFunction(getBlock, 'iiiii')
    const id = ++lastId
    const pointer = allocate(12)
    memory.HEAPU32.set([file.size, callback, id], pointer >> 2)
    const entry = { file, readBytes: 0 }
    open.set(id, entry)
    return {
      pointer,
      get readBytes() {
        return entry.readBytes
      },
      release() {
        open.delete(id)
        free(pointer)
      },
    }
  }
}
