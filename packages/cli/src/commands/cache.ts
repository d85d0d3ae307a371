import { ImageDocError, isImageDocError } from '@imagedoc/core'
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
    const { entries, bytes } = await results.stats().catch((error) => throwWithRemedy(error, description))
    if (action === 'clear') await results.clear()
    if (values.json) writeJson({ cache: description, entries, bytes, cleared: action === 'clear' })
    else write(`${description}: ${entries} results, ${bytesInWords(bytes)}${action === 'clear' ? ', cleared' : ''}.`)
    return 0
  } finally {
    await results[Symbol.asyncDispose]()
    await blobs[Symbol.asyncDispose]()
  }
}

/** A run goes on without its cache; here there is nothing else to do. */
function throwWithRemedy(error: unknown, description: string): never {
  if (!isImageDocError(error) || error.code !== 'CACHE_UNAVAILABLE') throw error
  const remedy = 'See whether it can be reached from here, or choose another cache with --cache or the IMAGEDOC_* variables.'
  throw new ImageDocError(error.code, `${error.message} The cache is: ${description}. ${remedy}`, { cause: error })
}
