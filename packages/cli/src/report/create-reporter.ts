import { createBarReporter } from './bar-reporter.ts'
import { createJsonReporter } from './json-reporter.ts'
import { createLineReporter } from './line-reporter.ts'
import { isLive } from './live-lines.ts'
import { createQuietReporter } from './quiet-reporter.ts'
import type { Reporter } from './reporter.ts'

/** `--json`, `--quiet`, bars on a terminal, lines otherwise. `inputs`: how many there are. */
export function createReporter(options: { json?: boolean | undefined; quiet?: boolean | undefined; inputs: number }): Reporter {
  if (options.json) return createJsonReporter()
  if (options.quiet) return createQuietReporter()
  return isLive() ? createBarReporter(options.inputs) : createLineReporter(options.inputs)
}
