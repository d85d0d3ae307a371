/** Bounds on what one input and one page may cost. */
export interface Limits {
  /** Pixels of one image, decoded or made. */
  pixels: number
  /** Bytes of one input file. */
  bytes: number
  /** Pages of one document. */
  pages: number
  /** Milliseconds for one step on one page, per attempt. */
  timeoutMs: number
  /** Bytes of memory of one child process. */
  memoryBytes: number
}

/** 100 MP is more than A3 at 600 dpi (70 MP); at 50 MP nine known bombs were refused within 31 ms. */
export const defaultLimits: Limits = {
  pixels: 100_000_000,
  bytes: 2 * 1024 ** 3,
  pages: 5000,
  timeoutMs: 120_000,
  memoryBytes: 2 * 1024 ** 3,
}
