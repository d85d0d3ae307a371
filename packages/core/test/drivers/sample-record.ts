import { type Descriptor, digestOf } from '../../src/artifact/digest.ts'
import type { ResultRecord } from '../../src/ports/result-cache.ts'

export const keyOf = (name: string): string => digestOf(name).slice('sha256:'.length)

/** A record with so many bytes inline, or one that refers to a blob. */
export function recordOf(content: number | Descriptor, sources: ResultRecord['sources'] = []): ResultRecord {
  const inline = typeof content === 'number' ? new Uint8Array(content).fill(7) : undefined
  const descriptor = typeof content === 'number' ? { mediaType: 'application/json', digest: digestOf(inline!), size: content } : content
  return {
    schemaVersion: 2,
    output: { kind: 'data', meta: null, matrix: null, descriptor, ...(inline ? { inline } : {}) },
    diagnostics: [],
    fingerprint: null,
    sources,
    createdAt: '2026-11-24T12:00:00.000Z',
  }
}
