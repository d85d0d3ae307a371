import type { Encoded, EncodedImage, Pixels, Text } from '../artifact/kind.ts'
import type { Layout } from '../artifact/layout/layout.ts'
import type { Sequence } from '../artifact/sequence.ts'
import type { Json } from '../errors/error.ts'
import type { PagedImage } from './paged-image.ts'

/** In which form a port of kind `image` wants its value; other kinds have one form. */
export type ImageForm = 'pixels' | 'file' | 'paged'

/** What an operation takes or gives: a kind, one of it or many. `value` exists in the types only. */
export interface Port<KindName extends string = string, Value = unknown, IsMany extends boolean = boolean> {
  readonly kind: KindName
  readonly many: IsMany
  /** @default 'pixels' for images */
  readonly form?: ImageForm
  /** With `form: 'file'`: the types that pass through untouched; the first is what others are encoded to. */
  readonly mediaTypes?: readonly string[]
  /** With `form: 'file'`: what the types alone do not say, by the step's parameters. */
  readonly files?: (params: unknown) => FileRule
  /** The alternatives of {@link oneOf}. */
  readonly members?: readonly Port<string, unknown, false>[]
  readonly value?: Value
}

/** A port that a step may leave open. */
export interface OptionalPort<KindName extends string = string, Value = unknown, IsMany extends boolean = boolean>
  extends Port<KindName, Value, IsMany> {
  readonly optional: true
}

/** Which files a port takes as they are, and how pixels become one. */
export interface FileRule {
  /** False for a file of one of the port's types that has to be decoded and encoded anew. */
  takes(file: Encoded): boolean
  /** One of the port's types, with the codec's options. */
  encodeAs(pixels: Pixels): { mediaType: string; options?: Json }
}

/** One port, or named ones. */
export type Ports = Port | Readonly<Record<string, Port>>
/** What `run` receives or returns for ports: of one that may be left open also undefined. */
export type ValueOf<P> = P extends Port ? PortValue<P> : { [Name in keyof P]: PortValue<P[Name]> }
type PortValue<P> = P extends Port<string, infer Value> ? (P extends OptionalPort ? Value | undefined : Value) : never

/** Pixels, whatever file they came in. */
export const image: Port<'image', Pixels, false> = { kind: 'image', many: false, form: 'pixels' }
/** A PDF file as it is, of any number of pages. */
export const pdf: Port<'pdf', Encoded, false> = { kind: 'pdf', many: false }
/** A recognised page. */
export const layout: Port<'layout', Layout, false> = { kind: 'layout', many: false }
/** A text with its language. */
export const text: Port<'text', Text, false> = { kind: 'text', many: false }
/** Any JSON. */
export const data: Port<'data', Json, false> = { kind: 'data', many: false }

/** A port of a plugin's own kind. */
export function portOf<const KindName extends string, Value>(kind: {
  name: KindName
  describe(value: Value): unknown
}): Port<KindName, Value, false> {
  return { kind: kind.name, many: false }
}

/**
 * The file instead of its pixels: passed through when it is whole, upright and one of `mediaTypes`, encoded by the codec as the first of them when not.
 * `files` decides where the type alone does not, from the step's parsed parameters.
 */
export function encoded(
  port: Port<'image', Pixels, false>,
  mediaTypes: readonly string[],
  files?: (params: unknown) => FileRule,
): Port<'image', EncodedImage, false> {
  return { kind: port.kind, many: false, form: 'file', mediaTypes, ...(files && { files }) }
}

/** An image file with all its pages, one item a page: the untouched file when it has one page, decoded pixels when it has several. */
export function paged(port: Port<'image', Pixels, false>): Port<'image', PagedImage, false> {
  return { kind: port.kind, many: false, form: 'paged' }
}

/** The whole sequence: as an input it is given lazily, as an output it expands into pages. A single artifact is a sequence of one. */
export function many<const KindName extends string, Value>(
  port: Port<KindName, Value, false> & { readonly optional?: never },
): Port<KindName, Sequence<Value>, true> {
  return { ...port, many: true } as Port<KindName, Sequence<Value>, true>
}

/**
 * A named port that a step may leave open; `run` then gets undefined, and the result's key says that nothing was given. Not the first port, which
 * says where the result's coordinates lead, and never an output. Of a sequence: `optional(many(layout))`.
 */
export function optional<const KindName extends string, Value, IsMany extends boolean>(
  port: Port<KindName, Value, IsMany> & { readonly optional?: never },
): OptionalPort<KindName, Value, IsMany> {
  return { ...port, optional: true }
}

/** One of several; the kind (as an output also the form) of the actual value decides which. */
export function oneOf<const Members extends readonly Port<string, unknown, false>[]>(
  ...members: Members
): Port<Members[number]['kind'], NonNullable<Members[number]['value']>, false> {
  const [first] = members
  return { kind: first?.kind ?? '', many: false, members: members as never } as Port<Members[number]['kind'], never, false>
}

/** True for one port, false for named ones. */
export function isPort(ports: Ports): ports is Port {
  return typeof (ports as Port).kind === 'string' && typeof (ports as Port).many === 'boolean'
}

/** The ports by name; a single one is called `input`. */
export function namedPorts(ports: Ports): Readonly<Record<string, Port>> {
  return isPort(ports) ? { input: ports } : ports
}

/** True for a port that a step may leave open. */
export function isOptional(port: Port): port is OptionalPort {
  return 'optional' in port
}

/** The alternatives of a port, itself when it has none. */
export function membersOf(port: Port): readonly Port[] {
  return port.members ?? [port]
}

/** The kinds that a port takes or gives. */
export function kindsOf(port: Port): readonly string[] {
  return [...new Set(membersOf(port).map((member) => member.kind))]
}

/** `image`, `many image`, `pdf or image`, `optional layout`: a port in words. */
export function portInWords(port: Port): string {
  return `${isOptional(port) ? 'optional ' : ''}${port.many ? 'many ' : ''}${kindsOf(port).join(' or ')}`
}
