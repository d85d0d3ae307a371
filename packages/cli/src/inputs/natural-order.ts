const collator = new Intl.Collator('en', { numeric: true })

/** `page-2` before `page-10`: the order of scans is the order of their numbers. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}
