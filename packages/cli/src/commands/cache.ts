import type { Parsed } from '../arguments/parse.ts'
import { suggest } from '../arguments/suggest.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { openDrivers } from '../configuration/drivers.ts'
import { environmentFor } from '../configuration/open-image-doc.ts'
import { bytesInWords } from '../report/bytes-in-words.ts'
import { write, writeJson } from '../report/streams.ts'

const actions = ['stats', 'clear']

/** `imagedoc cache stats|clear`: of the result cache that the environment chooses. */
export async function cache({ values, positionals: [action = ''] }: Parsed<'cache'>): Promise<number> {
  if (!actions.includes(action)) {
    throw new UsageError(
      `cache cannot "${action}"; it can: ${actions.join(', ')}.${suggest(action, actions)}`,
      'See imagedoc cache --help.',
    )
  }
  const { cache: results, blobs, description } = await openDrivers(environmentFor(values))
  try {
    const { entries, bytes } = await results.stats()
    if (action === 'clear') await results.clear()
    if (values.json) writeJson({ cache: description, entries, bytes, cleared: action === 'clear' })
    else write(`${description}: ${entries} results, ${bytesInWords(bytes)}${action === 'clear' ? ', cleared' : ''}.`)
    return 0
  } finally {
    await results[Symbol.asyncDispose]()
    await blobs[Symbol.asyncDispose]()
  }
}
