import { type Environment, readVariable, type Variable } from '../settings/variables.ts'

/** Where spans go, and which. */
export interface TracingSettings {
  /** Of traces alone, with the path. */
  readonly url: string
  /** `name=value,name=value`, percent-encoded, as are the attributes. */
  readonly headers: string
  readonly serviceName: string
  readonly resourceAttributes: string
  readonly sampler: (typeof samplers)[number]
  /** Of the samplers by ratio: 0 to 1. */
  readonly ratio: number
}

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

const endpoint = {
  default: 'none',
  expects: 'an address such as http://127.0.0.1:4318',
  parse: (value: string) => (/^https?:\/\/[^/]/.test(value) && URL.canParse(value) ? value : undefined),
  fallback: undefined,
}
const protocol = {
  default: 'http/json',
  expects: 'http/json: every collector takes it at its HTTP port, and this server speaks nothing else',
  parse: (value: string) => (value === 'http/json' ? value : undefined),
  fallback: undefined,
}
const pairs = {
  default: 'none',
  expects: 'name=value pairs with commas between them, percent-encoded',
  parse: (value: string) => (value.split(',').every((pair) => /^[^=]+=/.test(pair)) ? value : undefined),
  fallback: '',
}

/** OpenTelemetry's own variables, as far as the server reads them. */
const variables = {
  endpoint: {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning: 'The collector; spans go to `/v1/traces` below it. Without it (and the next) nothing is traced.',
    ...endpoint,
  },
  tracesEndpoint: { name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', meaning: 'Where spans go, with the path.', ...endpoint },
  headers: { name: 'OTEL_EXPORTER_OTLP_HEADERS', meaning: 'Headers for the collector.', ...pairs },
  tracesHeaders: { name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS', meaning: 'The same, instead of those.', ...pairs },
  protocol: { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', meaning: 'How spans are sent.', ...protocol },
  tracesProtocol: { name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', meaning: 'The same, for spans alone.', ...protocol },
  serviceName: {
    name: 'OTEL_SERVICE_NAME',
    default: 'imagedoc',
    meaning: 'What the server is called in traces.',
    expects: 'a name',
    parse: (value) => value,
    fallback: 'imagedoc',
  } satisfies Variable<string>,
  resourceAttributes: { name: 'OTEL_RESOURCE_ATTRIBUTES', meaning: 'What else is said of the server.', ...pairs },
  sampler: {
    name: 'OTEL_TRACES_SAMPLER',
    default: 'parentbased_always_on',
    meaning: 'Which traces are recorded; `parentbased`: as the caller says who sends `traceparent`.',
    expects: `one of ${samplers.join(', ')}`,
    parse: (value) => samplers.find((name) => name === value),
    fallback: 'parentbased_always_on',
  } satisfies Variable<TracingSettings['sampler']>,
  ratio: {
    name: 'OTEL_TRACES_SAMPLER_ARG',
    default: '1',
    meaning: 'Share of the traces that a sampler by ratio records.',
    expects: 'a number from 0 to 1',
    parse: (value) => (/^\d*\.?\d+$/.test(value) && Number(value) <= 1 ? Number(value) : undefined),
    fallback: 1,
  } satisfies Variable<number>,
  disabled: {
    name: 'OTEL_SDK_DISABLED',
    default: 'false',
    meaning: '`true`: nothing is traced, whatever else is set.',
    expects: '"true" or "false"',
    parse: (value) => (/^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : undefined),
    fallback: false,
  } satisfies Variable<boolean>,
}

/** Every variable of tracing; a part of `docs/configuration.md` is made from this. */
export const tracingVariables: readonly Variable<unknown>[] = Object.values(variables) as readonly Variable<unknown>[]

/** Undefined when no collector is named. @throws INVALID_CONFIG naming the variable and what it expects */
export function readTracing(environment: Environment): TracingSettings | undefined {
  const read = <Value>(variable: Variable<Value>): Value => readVariable(variable, environment)
  const common = read<string | undefined>(variables.endpoint)
  const url = read<string | undefined>(variables.tracesEndpoint) ?? (common && `${common.replace(/\/+$/, '')}/v1/traces`)
  if (url === undefined || read(variables.disabled)) return undefined
  assertProtocol(read)
  return {
    url,
    headers: read(variables.tracesHeaders) || read(variables.headers),
    serviceName: read(variables.serviceName),
    resourceAttributes: read(variables.resourceAttributes),
    sampler: read<TracingSettings['sampler']>(variables.sampler),
    ratio: read(variables.ratio),
  }
}

/** A protocol for traces goes before one for all signals, which may be of other programs. */
function assertProtocol(read: (variable: Variable<string | undefined>) => string | undefined): void {
  if (read(variables.tracesProtocol) === undefined) read(variables.protocol)
}
