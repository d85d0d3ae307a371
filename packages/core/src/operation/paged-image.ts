import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { EncodedImage, Pixels } from '../artifact/kind.ts'
import type { Sequence } from '../artifact/sequence.ts'
import { pageItemExtra } from './page-item.ts'

/** The pages of an image file: the untouched file where it has one page that is whole and upright, otherwise decoded pixels. */
export interface PagedImage extends Sequence<Pixels | EncodedImage> {
  /** What is known of the file as a whole before a page is read, for example that pages are lost. It is reported already. */
  readonly diagnostics: readonly Diagnostic[]
  /**
   * What is wrong with page `index`, found by decoding it: of a page that `at` hands on untouched, only the structure was looked at.
   * @throws CORRUPT_INPUT, TOO_MANY_PIXELS
   */
  check(index: number): Promise<readonly Diagnostic[]>
}

/** A sequence as a {@link PagedImage}. `known.check`: as the interface says. @default what {@link pageItem} said of the item */
export function pagedImage(
  pages: Sequence<Pixels | EncodedImage>,
  known: Partial<Pick<PagedImage, 'diagnostics' | 'check'>> = {},
): PagedImage {
  const ofItem = async (index: number): Promise<readonly Diagnostic[]> => pageItemExtra(await pages.at(index)).diagnostics ?? []
  return { ...pages, diagnostics: known.diagnostics ?? [], check: known.check ?? ofItem }
}
