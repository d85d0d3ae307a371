import type { IndexValue } from '@imagedoc/core'
import type { Filter, Sort } from 'mongodb'
import type { CheckedQuery } from '../rows/checked-query.ts'
import type { StoredDocument } from './document.ts'
import { type IndexLayout, pathsOf } from './layout.ts'
import { compareKeys, FIRST_KEY, keyOf } from './sort-key.ts'

type Condition = Bounds | Record<string, unknown>

/** One scan of an index. */
export interface Scan {
  readonly filter: Filter<StoredDocument>
  readonly sort: Sort
}

/**
 * The scans that give what comes behind a place, in this order: rows that differ from it in the last key alone, then those that differ in the last
 * but one, and so on. Each is one range of the index, which a condition with `$or` would not be on every server. There are no more conditions than
 * needed, because DocumentDB sorts by a field with a condition when another one leads through an array: rows that are not in the index, without
 * one of its keys, are left to the caller.
 * @param place the keys behind those of `equals`; without it, one scan gives everything
 */
export function scansOf(index: IndexLayout, query: CheckedQuery, place?: readonly string[]): Scan[] {
  const fixed = equalKeys(index, query.equals)
  const rest = pathsOf(index).slice(query.equals.length)
  const bounds = boundsOf(query)
  const sort = (paths: readonly string[]) =>
    Object.fromEntries(paths.map((path) => [path, query.descending ? (-1 as const) : (1 as const)]))
  if (!place) {
    const within = Object.keys(bounds).length > 0 ? [[rest[0]!, bounds]] : []
    return [{ filter: Object.fromEntries([...fixed, ...within]), sort: sort(rest) }]
  }
  const scanFrom = (depth: number): Scan => {
    const same = rest.slice(0, depth).map((path, i) => [path, sameKey(place[i]!, query.descending)])
    const behind = [rest[depth]!, behindKey(place[depth]!, depth === 0 ? bounds : {}, query.descending)]
    return { filter: Object.fromEntries([...fixed, ...same, behind]), sort: sort(rest.slice(depth)) }
  }
  return rest.map((_, i) => scanFrom(rest.length - 1 - i))
}

/** All rows of an index that have these values. */
export function filterOf(index: IndexLayout, equals: readonly IndexValue[]): Filter<StoredDocument> {
  const there = pathsOf(index)
    .slice(equals.length)
    .map((path): [string, Condition] => [path, { $gte: FIRST_KEY }])
  return Object.fromEntries([...equalKeys(index, equals), ...there])
}

/** True for keys of which one is within the bounds of the query; of several, MongoDB finds those that are within one bound each, too. */
export function isWithin(keys: readonly string[], query: CheckedQuery): boolean {
  const { $gte = FIRST_KEY, $lt } = boundsOf(query)
  return keys.some((key) => compareKeys(key, $gte) >= 0 && ($lt === undefined || compareKeys(key, $lt) < 0))
}

function equalKeys({ keys }: IndexLayout, equals: readonly IndexValue[]): [string, string][] {
  return equals.map((value, i) => [keys[i]!, keyOf(value)])
}

interface Bounds {
  readonly $gte?: string
  readonly $lt?: string
}

function boundsOf({ range: { from, below } }: CheckedQuery): Bounds {
  return { ...(from === undefined ? {} : { $gte: keyOf(from) }), ...(below === undefined ? {} : { $lt: keyOf(below) }) }
}

// A row with several keys is where its least key is, in descending order its greatest: `$not` leaves out what the others would bring again.
// That one may be out of the bounds of the query.

function sameKey(key: string, descending: boolean): Condition {
  return { $eq: key, $not: descending ? { $gt: key } : { $lt: key } }
}

function behindKey(key: string, { $gte, $lt }: Bounds, descending: boolean): Condition {
  if (descending) {
    const below = $lt !== undefined && compareKeys($lt, key) < 0 ? $lt : key
    return { ...($gte === undefined ? {} : { $gte }), $lt: below, $not: { $gte: key } }
  }
  const from = $gte !== undefined && compareKeys(key, $gte) < 0 ? { $gte } : { $gt: key }
  return { ...from, ...($lt === undefined ? {} : { $lt }), $not: { $lte: key } }
}
