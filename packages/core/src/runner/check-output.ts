import { hasBytes } from '../artifact/file-bytes.ts'
import { type AnyKind, assertPixels, type Encoded, type EncodedImage, type Pixels } from '../artifact/kind.ts'
import { type Limits, raiseLimit } from '../artifact/limits.ts'
import type { Sequence } from '../artifact/sequence.ts'
import { ImageDocError, isImageDocError } from '../errors/error.ts'
import type { AnyOperation } from '../operation/operation.ts'
import { membersOf, type Port, portInWords } from '../operation/port.ts'
import type { Plugin } from '../plugin/plugin.ts'
import type { Registry } from '../plugin/registry.ts'

/** Whose output is checked, against what. */
export interface OutputCheck {
  readonly registry: Registry
  readonly operation: AnyOperation
  readonly plugin: Plugin
  readonly limits: Limits
}

/**
 * The kind of one output value, once it is known to be what the operation declares.
 * @throws OPERATION_CONTRACT, TOO_MANY_PIXELS
 */
export function checkOutput(value: unknown, check: OutputCheck): AnyKind {
  const reasons: string[] = []
  for (const member of membersOf(check.operation.output)) {
    const kind = check.registry.kinds.get(member.kind)
    if (!kind) continue
    const fault = faultOf(value, member, kind)
    if (fault === null) {
      if (member.form !== undefined) assertImage(value as Pixels | EncodedImage, check)
      return kind
    }
    if (fault !== '') reasons.push(fault)
  }
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : ''
  throw contractError(check, `gave no ${portInWords({ ...check.operation.output, many: false })}, but ${inWords(value)}${why}`)
}

/** The output of an operation that expands. @throws OPERATION_CONTRACT, TOO_MANY_PAGES */
export function checkSequence(value: unknown, check: OutputCheck): Sequence<unknown> {
  const sequence = value as Sequence<unknown> | null | undefined
  const isSequence = typeof sequence === 'object' && Number.isInteger(sequence?.length) && typeof sequence?.at === 'function'
  if (!isSequence || sequence === null) throw contractError(check, `gave no sequence, but ${inWords(value)}; make one with sequenceOf()`)
  if (sequence.length > check.limits.pages) {
    throw new ImageDocError(
      'TOO_MANY_PAGES',
      `"${check.operation.name}" gave ${sequence.length} pages; the limit is ${check.limits.pages}. Give it fewer, or ${raiseLimit('pages')}.`,
    )
  }
  return sequence
}

/** A contract is broken by a plugin's author, so the message names both plugin and operation. */
export function contractError(check: Pick<OutputCheck, 'operation' | 'plugin'>, what: string): ImageDocError {
  return new ImageDocError(
    'OPERATION_CONTRACT',
    `The operation "${check.operation.name}" of "${check.plugin.name}" ${what}. Report it to the plugin's author.`,
  )
}

/** Why a value is none of a port: null when it is one, and nothing where the value's shape says it all. */
function faultOf(value: unknown, member: Port, kind: AnyKind): string | null {
  if (value === undefined) return ''
  if (member.form === undefined) return faultOfKind(kind, value)
  const image = value as Partial<Pixels & EncodedImage> | null
  if (typeof image !== 'object' || image === null) return ''
  if (member.form === 'pixels') return image.data instanceof Uint8Array ? null : ''
  const isFile = hasBytes(image) && (member.mediaTypes ?? [image.mediaType]).includes(image.mediaType as string)
  return isFile ? faultOfKind(kind, value) : ''
}

/** A kind knows its own values: one that it cannot describe, or whose meta is wrong, is none. */
function faultOfKind(kind: AnyKind, value: unknown): string | null {
  try {
    if (!kind.meta.safeParse(kind.describe(value)).success) return ''
    return !isFileLike(value) || hasBytes(value) || kind.toBytes(value).bytes instanceof Uint8Array ? null : ''
  } catch (error) {
    return isImageDocError(error) ? error.message.replace(/\.$/, '') : ''
  }
}

/** `toBytes` of a file is the file; of other values it may cost, and is done when the value leaves the segment. */
const isFileLike = (value: unknown): value is Partial<Encoded> => typeof value === 'object' && value !== null && 'bytes' in value

function assertImage(value: Pixels | EncodedImage, check: OutputCheck): void {
  if (value.width * value.height > check.limits.pixels) {
    throw new ImageDocError(
      'TOO_MANY_PIXELS',
      `"${check.operation.name}" made an image of ${value.width} x ${value.height} pixels; the limit is ${check.limits.pixels}. Ask for a smaller one, or ${raiseLimit('pixels')}.`,
    )
  }
  if (!('data' in value)) return
  try {
    assertPixels(value)
  } catch (error) {
    throw contractError(check, `gave wrong pixels: ${(error as Error).message.replace(/\.$/, '')}`)
  }
}

function inWords(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  const fields = Object.keys(value).slice(0, 6).join(', ')
  return Array.isArray(value) ? 'an array' : `an object of { ${fields} }`
}
