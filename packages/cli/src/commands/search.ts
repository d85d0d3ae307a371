import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { printableName } from '../report/printable.ts'
import { write, writeError, writeJson } from '../report/streams.ts'
import { serverAddress } from '../server/address.ts'
import { type Client, connect } from '../server/connect.ts'
import { findCollection } from '../server/find-collection.ts'
import { tokenFor } from '../server/known-servers.ts'

const USUAL = 20
const MOST = 1000
/** The server gives so many at a time. */
const PAGE = 100
/** Words of a hit that are shown; `--json` has all that the server gives. */
const SHOWN = 8

type Answer = Awaited<ReturnType<Client['search']>>
type Hit = Answer['items'][number]

/** `imagedoc search`. */
export async function search({ values, positionals }: Parsed<'search'>): Promise<number> {
  const server = serverAddress('search', values.server)
  const limit = limitOf(values.limit)
  const client = await connect(server, await tokenFor(server))
  const collection = values.collection === undefined ? undefined : (await findCollection(client, { named: values.collection })).id
  const { hits, more } = await find(client, { text: positionals.join(' '), collection_id: collection, limit })
  if (values.json) writeJson({ hits, more })
  else show(hits, more)
  return 0
}

/** Until there are enough: an answer may be short, or empty, and not the last one. */
async function find(
  client: Client,
  { limit, ...wanted }: { text: string; collection_id: string | undefined; limit: number },
): Promise<{ hits: Hit[]; more: boolean }> {
  const hits: Hit[] = []
  let after: string | undefined
  do {
    const page: Answer = await client.search({ ...wanted, after, limit: Math.min(PAGE, limit - hits.length) })
    hits.push(...page.items)
    after = page.next ?? undefined
  } while (after !== undefined && hits.length < limit)
  return { hits, more: after !== undefined }
}

function show(hits: readonly Hit[], more: boolean): void {
  for (const { document, page, version, words } of hits) {
    const place = page === null ? 'title   ' : `page ${String(page).padEnd(3)}`
    const whose = page === null ? '' : `  (text of version ${version})`
    write(`${document.id}  ${place}  ${printableName(document.title)}${whose}`)
    for (const { text, box } of words.slice(0, SHOWN))
      if (box) write(`    ${box.map((edge) => edge.toFixed(1)).join(' ')}  ${printableName(text)}`)
    if (words.length > SHOWN && page !== null) write(`    … ${words.length - SHOWN} more`)
  }
  if (hits.length === 0) writeError('No page, title or metadata that you may see has all these words.')
  else if (more) writeError('There are more: see --limit.')
}

function limitOf(text: string | undefined): number {
  const limit = Number(text ?? USUAL)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit
  throw new UsageError(`--limit "${text}" is not a whole number from 1 to ${MOST}.`, 'See imagedoc search --help.')
}
