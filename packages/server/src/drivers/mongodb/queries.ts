import type { IndexValue } from '@imagedoc/core'
import type { Filter, Sort } from 'mongodb'
import type { CheckedQuery } from '../rows/checked-query.ts'
import type { StoredDocument } from './document.ts'
import { type IndexLayout, pathsOf } from './layout.ts'
import { compareKeys, keyOf } from './sort-key.ts'

/** Before every key. A row that is not in an index has no keys, and text is compared with text alone. */
const FIRST = ''

type Condition = Bounds | Record<string, unknown>

/** One scan of an index. */
export interface Scan {
  readonly filter: Filter<StoredDocument>
  readonly sort: Sort
}

/**
 * The scans that give what comes behind a place, in this order: rows that differ from it in the last key alone, then those that differ in the last
 * but one, and so on. Each is one range of the index, which a condition with `$or` would not be on every server.
 * @param place the keys behind those of `equals`; without it, one scan gives everything
 */
export function scansOf(index: IndexLayout, query: CheckedQuery, place?: readonly string[]): Scan[] {
  const paths = pathsOf(index)
  const given = query.equals.length
  const direction = query.descending ? -1 : 1
  const fixed = equalKeys(paths, query.equals)
  const rest = paths.slice(given)
  const bounds = boundsOf(query)
  const scanFrom = (depth: number): Scan => {
    const conditions = rest.map((path, i): [string, Condition] => {
      const key = place?.[i]
      const within: Bounds = i === 0 ? bounds : { $gte: FIRST }
      if (key === undefined || i > depth) return [path, within]
      return [path, i < depth ? sameKey(key, query.descending) : behindKey(key, within, query.descending)]
    })
    return {
      filter: Object.fromEntries([...fixed, ...conditions]),
      sort: Object.fromEntries(rest.slice(place ? depth : 0).map((path) => [path, direction])),
    }
  }
  return place ? rest.map((_, i) => scanFrom(rest.length - 1 - i)) : [scanFrom(0)]
}

/** All rows of an index that have these values. */
export function filterOf(index: IndexLayout, equals: readonly IndexValue[]): Filter<StoredDocument> {
  const paths = pathsOf(index)
  const there = paths.slice(equals.length).map((path): [string, Condition] => [path, { $gte: FIRST }])
  return Object.fromEntries([...equalKeys(paths, equals), ...there])
}

/** True for keys of which one is within the bounds of the query; of several, MongoDB finds those that are within one bound each, too. */
export function isWithin(keys: readonly string[], query: CheckedQuery): boolean {
  const { $gte, $lt } = boundsOf(query)
  return keys.some((key) => compareKeys(key, $gte) >= 0 && ($lt === undefined || compareKeys(key, $lt) < 0))
}

function equalKeys(paths: readonly string[], equals: readonly IndexValue[]): [string, string][] {
  return equals.map((value, i) => [paths[i]!, keyOf(value)])
}

interface Bounds {
  readonly $gte: string
  readonly $lt?: string
}

function boundsOf({ range: { from, below } }: CheckedQuery): Bounds {
  return { $gte: from === undefined ? FIRST : keyOf(from), ...(below === undefined ? {} : { $lt: keyOf(below) }) }
}

// A row with several keys is where its least key is, in descending order its greatest: `$not` leaves out what the others would bring again.
// That one may be out of the bounds of the query.

function sameKey(key: string, descending: boolean): Condition {
  return { $eq: key, $not: descending ? { $gt: key } : { $lt: key } }
}

function behindKey(key: string, { $gte, $lt }: Bounds, descending: boolean): Condition {
  if (!descending)
    return { ...(compareKeys(key, $gte) < 0 ? { $gte } : { $gt: key }), ...($lt === undefined ? {} : { $lt }), $not: { $lte: key } }
  return { $gte, $lt: $lt !== undefined && compareKeys($lt, key) < 0 ? $lt : key, $not: { $gte: key } }
}
