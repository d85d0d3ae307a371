import type { Diagnostic, RunEvent, SerialisedError } from '@imagedoc/core'

const MESSAGE_CHARACTERS = 2000
const DETAILS_CHARACTERS = 4000

/** The event without what an operation may make as long as it likes: the whole of it is in the run's receipt. */
export function boundedEvent(event: RunEvent): RunEvent {
  switch (event.type) {
    case 'diagnostic':
      return { ...event, diagnostic: boundedDiagnostic(event.diagnostic) }
    case 'page-skipped':
    case 'page-failed':
      return { ...event, error: bounded<SerialisedError>(event.error) }
    case 'run-ended':
      return event.error ? { ...event, error: bounded<SerialisedError>(event.error) } : event
    default:
      return event
  }
}

/** As a run's row and its events keep it. */
export function boundedDiagnostic(diagnostic: Diagnostic): Diagnostic {
  return bounded(diagnostic)
}

function bounded<Told extends Diagnostic | SerialisedError>(told: Told): Told {
  const { details, ...rest } = told
  const isLong = details !== undefined && JSON.stringify(details).length > DETAILS_CHARACTERS
  return {
    ...rest,
    message: cut(told.message),
    ...(details === undefined ? {} : { details: isLong ? { left_out: 'The details are long: they are in the receipt.' } : details }),
  } as Told
}

function cut(text: string): string {
  return text.length > MESSAGE_CHARACTERS ? `${text.slice(0, MESSAGE_CHARACTERS - 1)}…` : text
}
