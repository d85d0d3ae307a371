/** Keeps the memory of one PDFium in check. */
export interface Growth {
  /** Why memory was last refused, and what to do; undefined when it never was. After that PDFium aborts. */
  readonly refused: string | undefined
  /** Within `work` the many small things that PDFium makes of a page are bounded. @param readBytes of the file, so far */
  watch<Value>(readBytes: () => number, work: () => Value): Value
  /** A line that Emscripten writes: of a block that could never be had it tells in no other way. */
  hear(line: string): void
}

/** What is used of a `WebAssembly.Memory`. */
export interface GrowingMemory {
  grow(pages: number): number
}

/**
 * Emscripten grows the memory by what is missing and at most 96 MiB more: a larger step is one large block, which only an image needs, and images
 * are bounded by their pixels. Smaller steps add up to what a page's objects take.
 */
const SMALL_STEP = 97 * 1024 ** 2
/** A form that draws itself, or forms that draw each other ten times over ten levels, take this in a third of a second. */
const SMALL_THINGS = 256 * 1024 ** 2
/** A million lines are 5 MB in the file and 230 MB in PDFium: what was read of the file pays for what it becomes. */
const PER_BYTE_READ = 512
const PAGE_BYTES = 64 * 1024

/** PDFium grows its memory up to 2 GiB, which takes it 6 s, and has no limit of its own; but it asks JavaScript for every growth. */
export function createGrowth(memory: GrowingMemory): Growth {
  let refused: string | undefined
  let small = 0
  let readBytes: (() => number) | undefined
  const grow = memory.grow.bind(memory)
  memory.grow = (pages) => {
    const step = pages * PAGE_BYTES
    if (readBytes !== undefined && step <= SMALL_STEP) {
      if (small + step > SMALL_THINGS + readBytes() * PER_BYTE_READ) {
        refused = `what it draws needs more than ${Math.floor(small / 1024 ** 2)} MiB. Its forms may draw themselves or each other; make the page simpler, or put an image of it there.`
        throw new RangeError(refused)
      }
      small += step
    }
    const before = grow(pages)
    // Emscripten tries smaller steps when one is refused.
    refused = undefined
    return before
  }
  return {
    get refused() {
      return refused
    },
    hear(line) {
      if (/enlarge memory|grow the heap/.test(line)) refused ??= 'its memory is at its limit; lower "dpi", or split the document.'
    },
    watch(read, work) {
      refused = undefined
      small = 0
      readBytes = read
      try {
        return work()
      } finally {
        readBytes = undefined
      }
    },
  }
}
