import { ImageDocError } from '@imagedoc/core'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { printableName } from '../report/printable.ts'
import { write, writeJson } from '../report/streams.ts'
import { serverAddress } from '../server/address.ts'
import { type Asker, createAsker } from '../server/ask.ts'
import { type Client, connect } from '../server/connect.ts'
import { rememberServer } from '../server/known-servers.ts'

type Values = Parsed<'login'>['values']
type LoggedIn = Awaited<ReturnType<Client['auth']['login']>>

const HINT = 'See imagedoc login --help.'

/** `imagedoc login`. */
export async function login({ values }: Parsed<'login'>): Promise<number> {
  const server = serverAddress('login', values.server)
  const enter = wayIn(values)
  using ask = createAsker()
  const client = await connect(server)
  const { user, token, expires_at } = await enter(client, ask, values)
  await rememberServer(server, { username: user.username, token, expires_at })
  if (values.json) writeJson({ server, username: user.username, expires_at })
  else write(`Logged in to ${server} as ${printableName(user.username)}, until ${expires_at.slice(0, 10)}.`)
  return 0
}

type WayIn = (client: Client, ask: Asker, values: Values) => Promise<LoggedIn>

/** Which of the ways to a token was asked for. @throws UsageError for two at once */
function wayIn(values: Values): WayIn {
  const ways = { 'setup-token': setUp, register, 'choose-password': choosePassword }
  const [first, second] = (Object.keys(ways) as (keyof typeof ways)[]).filter((option) => values[option])
  if (second !== undefined) throw new UsageError(`--${first} and --${second} do not go together.`, HINT)
  return first === undefined ? enterPassword : ways[first]
}

const enterPassword: WayIn = async (client, ask, values) => {
  const username = await named(ask, values)
  return client.auth.login({ username, password: await ask.secret('Password: ') })
}

const setUp: WayIn = async (client, ask, values) => {
  const setupToken = (await ask.secret('Setup token: ')).trim()
  return client.auth.register({ ...(await newAccount(ask, values)), setupToken })
}

const register: WayIn = async (client, ask, values) => client.auth.register(await newAccount(ask, values))

const choosePassword: WayIn = async (client, ask) => {
  const token = (await ask.secret('One-time token: ')).trim()
  return client.auth.setPassword({ token, password: await newPassword(ask) })
}

async function newAccount(ask: Asker, values: Values): Promise<{ username: string; email: string; password: string }> {
  const username = await named(ask, values)
  const email = values.email ?? (await asked(ask, 'E-mail: ', '--email ADDRESS'))
  return { username, email, password: await newPassword(ask) }
}

async function named(ask: Asker, { username }: Values): Promise<string> {
  return username ?? (await asked(ask, 'User name: ', '--username NAME'))
}

/** What is no secret is an argument where nobody can be asked: lines of standard input are for secrets. */
async function asked(ask: Asker, prompt: string, option: string): Promise<string> {
  if (ask.isTerminal) return (await ask.line(prompt)).trim()
  throw new UsageError(`login needs ${option} when standard input is no terminal.`, HINT)
}

async function newPassword(ask: Asker): Promise<string> {
  const password = await ask.secret('New password: ')
  if (!ask.isTerminal || (await ask.secret('The same again: ')) === password) return password
  throw new ImageDocError('USAGE', 'The two passwords are not the same.')
}
