import type { Diagnostic, PageId } from '@imagedoc/core'

/** As servers before pages had names of their own wrote it: by its place in the inputs. */
interface EarlierPage {
  readonly input: string
  readonly position: number
  readonly page: number
  readonly part: number
}

/** A diagnostic as a row has it, with its page as it is named today. Of one that an earlier server wrote the file is not known. */
export function toldDiagnostic(diagnostic: Diagnostic): Diagnostic {
  const { page } = diagnostic as { page?: PageId | EarlierPage }
  if (!page || !isEarlier(page)) return diagnostic
  return { ...diagnostic, page: { source: null, page: page.page, part: page.part > 0 ? [page.part] : [], copy: 0 } }
}

function isEarlier(page: PageId | EarlierPage): page is EarlierPage {
  return 'position' in page
}
