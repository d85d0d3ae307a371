import type { Properties } from '../artifact/artifact.ts'
import type { Diagnostic } from '../artifact/diagnostic.ts'
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
  /** False when decoding turns or mirrors it (EXIF orientation other than 1). */
  upright: boolean
  /** What the header shows of the file as a whole, for example PAGES_LOST. */
  readonly diagnostics?: readonly Diagnostic[]
}

/** Reads and writes image files; nothing else in ImageDoc does. */
export interface Codec {
  readonly kind: 'image'
  readonly mediaTypes: { readonly decode: readonly string[]; readonly encode: readonly string[] }
  /** In the key of every step whose input or output it converted. */
  fingerprint(): string
  /** The header only. @throws CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS */
  probe(bytes: Uint8Array, limits: Limits): Promise<ImageProbe>
  /** Upright 8-bit sRGB; `matrix` maps to the file's stored grid. @throws CORRUPT_INPUT, TOO_MANY_PIXELS */
  decode(
    bytes: Uint8Array,
    at: { page: number; limits: Limits; signal: AbortSignal },
  ): Promise<{ pixels: Pixels; matrix: Matrix; properties: Properties; diagnostics: readonly Diagnostic[] }>
  /** @throws UNSUPPORTED_MEDIA_TYPE */
  encode(pixels: Pixels, as: { mediaType: string; properties?: Properties; options?: Json }): Promise<Uint8Array>
}
