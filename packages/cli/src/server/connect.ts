import { writeError } from '../report/streams.ts'
import { isReadableOnTheWay } from './address.ts'

/** A client of a server; says so when others can read what is sent to it. */
export async function connect(server: string, token?: string) {
  if (isReadableOnTheWay(server))
    writeError(`warning   ${server} is reached without TLS: others on the way can read passwords and documents.`)
  const { createClient } = await import('@imagedoc/client')
  return createClient({ url: server, ...(token === undefined ? {} : { token }) })
}

export type Client = Awaited<ReturnType<typeof connect>>
