import type { Environment } from '../settings/variables.ts'
import type { Tracing } from './tracing.ts'
import { readTracing } from './variables.ts'

/**
 * Undefined where no collector is configured: then OpenTelemetry's SDK is not loaded, and nothing is done at a request.
 * @throws INVALID_CONFIG for a wrong variable
 */
export async function openTracing(environment: Environment, onError: (error: unknown) => void): Promise<Tracing | undefined> {
  const settings = readTracing(environment)
  return settings && (await import('./open-telemetry.ts')).createOpenTelemetry(settings, onError)
}
