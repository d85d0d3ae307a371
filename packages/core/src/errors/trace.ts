/** Deeper, and longer, nobody reads on. */
const MOST_CAUSES = 8
const MOST_CHARACTERS = 16_384

/** An error's stack and those of its causes, for logs and terminals: it may name files of the machine, so no client may see it. */
export function traceOf(error: unknown): string {
  const parts: string[] = []
  let at: unknown = error
  for (; at !== undefined && parts.length < MOST_CAUSES; at = at instanceof Error ? at.cause : undefined)
    parts.push(at instanceof Error ? (at.stack ?? String(at)) : String(at))
  return parts.join('\nCaused by: ').slice(0, MOST_CHARACTERS)
}
