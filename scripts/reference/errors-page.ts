import { type ErrorCodeEntry, errorCodes } from '@imagedoc/core'

/** `docs/errors.md`: the table of error codes. */
export function errorsPage(): string {
  const rows = Object.entries<ErrorCodeEntry>(errorCodes).map(
    ([code, entry]) =>
      `| \`${code}\` | ${entry.meaning} | ${entry.exit} | ${entry.status} | \`${entry.trpc}\` | ${entry.retryable ? 'yes' : 'no'} |`,
  )
  return `# Errors

Every error is an \`ImageDocError\` with a \`code\` of this table, a message that says what happened, why, and what to do, and where it can be
named a \`path\` into the pipeline such as \`steps[2].with.angle\`. Recognise one with \`isImageDocError(error)\`. *Retryable* says whether the same
call may succeed later, unchanged.

| code | meaning | exit | HTTP | tRPC | retryable |
|---|---|---|---|---|---|
${rows.join('\n')}

The command \`imagedoc\` exits with 0 when all inputs are done, 4 when at worst something was skipped, 130 when it was interrupted, and else with the
code of the first failed input.

This page is generated from \`packages/core/src/errors/codes.ts\` by \`pnpm generate\`.
`
}
