import type { Json } from '../errors/error.ts'
import { isOptional, isPort, kindsOf, namedPorts, type Port, portInWords } from '../operation/port.ts'
import { type Registry, usableOperations } from '../plugin/registry.ts'
import { paramsJsonSchema } from './json-schema.ts'

/** A port as data. */
export interface PortInfo {
  name: string
  kinds: readonly string[]
  many: boolean
  /** Whether a step may leave it open. */
  optional: boolean
  /** For people: `many image`. */
  words: string
}

/** An operation as data: what help, a reference page or a form needs. */
export interface OperationInfo {
  name: string
  summary: string
  version: number
  /** npm name of the plugin. */
  plugin: string
  /** One entry called `input` when the operation has a single input. */
  inputs: PortInfo[]
  /** Whether `from` must name each port that is not optional; one alone may be named without its name. */
  namedInputs: boolean
  output: PortInfo
  /** JSON Schema of the parameters. */
  params: Json
  engines: { id: string; network: boolean }[]
  /** Whether it is quick enough to be shown while somebody waits. */
  cost: 'light' | 'heavy'
  /** How a step that uses it may look. */
  example: { use: string; with?: Json }
}

/** Every operation that a pipeline may use. */
export function describeOperations(registry: Registry): OperationInfo[] {
  return usableOperations(registry).map(({ operation, plugin }) => ({
    name: operation.name,
    summary: operation.summary,
    version: operation.version,
    plugin: plugin.name,
    inputs: Object.entries(namedPorts(operation.input)).map(([name, port]) => portInfo(name, port)),
    namedInputs: !isPort(operation.input),
    output: portInfo('output', operation.output),
    params: paramsJsonSchema(operation.params),
    engines: (operation.engines ?? []).map(({ id, network }) => ({ id, network: network === true })),
    cost: operation.traits?.cost ?? 'light',
    example: { use: operation.name, ...(operation.example ? { with: operation.example as Json } : {}) },
  }))
}

function portInfo(name: string, port: Port): PortInfo {
  return { name, kinds: kindsOf(port), many: port.many, optional: isOptional(port), words: portInWords(port) }
}
