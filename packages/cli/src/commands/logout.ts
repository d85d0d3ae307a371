import { isImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { write } from '../report/streams.ts'
import { serverAddress } from '../server/address.ts'
import { connect } from '../server/connect.ts'
import { forgetServer, knownServer } from '../server/known-servers.ts'

/** `imagedoc logout`: ends the session at the server, then forgets it. One that has ended there already is only forgotten. */
export async function logout({ values }: Parsed<'logout'>): Promise<number> {
  const server = serverAddress('logout', values.server)
  const known = await knownServer(server)
  if (known === undefined) {
    write(`You are not logged in to ${server}.`)
    return 0
  }
  const client = await connect(server, known.token)
  await client.auth.logout().catch((error: unknown) => {
    if (!isImageDocError(error) || error.code !== 'UNAUTHENTICATED') throw error
  })
  await forgetServer(server)
  write(`Logged out of ${server}.`)
  return 0
}
