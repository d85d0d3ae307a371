import type { Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { FileBytes } from '../artifact/file-bytes.ts'
import type { Pixels } from '../artifact/kind.ts'
import type { Limits } from '../artifact/limits.ts'
import type { Matrix } from '../artifact/matrix.ts'
import type { Json } from '../errors/error.ts'

/** What a header says of an image file. Width and height are those of the upright image. */
export interface ImageProbe {
  pages: number
  width: number
  height: number
  density: number | null
  /** False when decoding changes the grid: it turns or mirrors it (EXIF orientation other than 1), or makes its pixels square. */
  upright: boolean
  /**
   * What the header and the structure of the file tell: damage, pages that are lost. A codec that says the same again when it decodes the page
   * uses the same code, and the decoder's word, which knows more, is the one that is shown. @default none
   */
  diagnostics?: readonly Diagnostic[]
  /** False for a file that is not to be passed on as it is, because it is damaged or few programs read it: it is decoded instead. @default true */
  portable?: boolean
}

/** What is known of a file from elsewhere, and how much of it is looked at. */
export interface ProbeOptions {
  /** `whole`, for a file that may be passed on untouched: also the structure up to its end, as far as that costs less than decoding. @default 'header' */
  depth?: 'header' | 'whole'
  /** Said by who made the file: it holds against the header, whose resolution then does not make the pixels square either. */
  density?: number | null | undefined
}

/** The bytes of an image file, or the file that they lie in: a large input of a child. A codec reads of it what it needs, and never writes to it. */
export type CodecInput = Uint8Array | FileBytes

/** Reads and writes image files; nothing else in ImageDoc does. */
export interface Codec {
  readonly kind: 'image'
  readonly mediaTypes: { readonly decode: readonly string[]; readonly encode: readonly string[] }
  /** As the trait of an operation: `false` says that `decode` and `encode` await nearly all of their time. @default true */
  readonly blocking?: boolean
  /** In the key of every step whose input or output it converted. */
  fingerprint(): string
  /** @throws CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS */
  probe(input: CodecInput, limits: Limits, options?: ProbeOptions): Promise<ImageProbe>
  /** Upright 8-bit sRGB with square pixels; `density` as for `probe`; `matrix` maps to the file's stored grid. @throws CORRUPT_INPUT, TOO_MANY_PIXELS */
  decode(
    input: CodecInput,
    at: { page: number; limits: Limits; signal: AbortSignal; density?: number | null | undefined },
  ): Promise<{ pixels: Pixels; matrix: Matrix; properties: Properties; diagnostics: readonly Diagnostic[] }>
  /** @throws UNSUPPORTED_MEDIA_TYPE */
  encode(pixels: Pixels, as: { mediaType: string; properties?: Properties; options?: Json }): Promise<Uint8Array>
}
