import { hash } from 'node:crypto'
import type { Digest } from '../artifact/digest.ts'
import type { Json } from '../errors/error.ts'
import { canonicalJson } from './canonical-json.ts'

/** Bumped when the form of keys changes; every cached result is then computed anew. */
export const KEY_FORMAT = 2

/**
 * What an input is in a key: its content and what an operation may know of it; or, as long as it is not there, the key it will be made
 * under; or a hole in a sequence.
 */
export type Identity = { kind: string; digest: Digest; meta: Json } | { key: string } | { hole: string }

/** Everything that a result depends on. */
export interface KeyParts {
  /** npm name of the plugin. */
  plugin: string
  operation: string
  version: number
  /** Of the engine; null without one. */
  fingerprint: Json
  /** Parsed, with defaults. */
  params: unknown
  /** Fingerprint of the codec that converts an input or the output, when one does. */
  codec?: string
  /** Kept properties of the original, for an operation that sees them. */
  properties?: Json
  /** How the inputs lie on the first one, for an operation that places one on another. */
  geometry?: Json
  /** By port; a list for a sequence. */
  inputs: Readonly<Record<string, Identity | readonly Identity[]>>
}

/** The result key: sha256 over RFC 8785 JSON, 64 hex digits. */
export function resultKey(parts: KeyParts): string {
  return hash('sha256', canonicalJson({ format: KEY_FORMAT, ...parts }), 'hex')
}

/** The key of one item of an expansion whose own key is `expansion`. */
export function itemKey(expansion: string, index: number): string {
  return hash('sha256', canonicalJson({ format: KEY_FORMAT, expansion, item: index }), 'hex')
}

/** The key of a sub-result that an operation keeps with `context.memo`. */
export function memoKey(parts: Omit<KeyParts, 'inputs'>, key: Json): string {
  return hash('sha256', canonicalJson({ format: KEY_FORMAT, ...parts, memo: key }), 'hex')
}

/** A key under which only those find a result who name the same scope. Not part of what a result depends on: receipts show the plain key. */
export function scopedKey(scope: string, key: string): string {
  return hash('sha256', canonicalJson({ format: KEY_FORMAT, scope, key }), 'hex')
}

/** One key for the pages of a step: what a receipt shows. */
export function combinedKey(keys: readonly string[]): string {
  const [first] = keys
  return keys.length === 1 && first !== undefined
    ? first
    : hash('sha256', canonicalJson({ format: KEY_FORMAT, pages: keys as string[] }), 'hex')
}
