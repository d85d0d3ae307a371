// Made when it is first needed: it takes 10 ms, and a run on one file sorts nothing.
let collator: Intl.Collator | undefined

/** `page-2` before `page-10`: the order of scans is the order of their numbers. */
export function naturalOrder(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true })
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}
