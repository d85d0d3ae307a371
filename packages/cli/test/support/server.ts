import type { Started, Workspace } from './workspace.ts'

export const password = 'correct horse battery'

/** A server that the real command runs in the workspace. */
export interface Served extends Started {
  url: string
  setupToken: string | undefined
}

export async function serve(
  workspace: Workspace,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<Served> {
  const started = workspace.start(['serve', '--port', '0', '--data', 'data', ...args], { env })
  const said = await started.says('To upload:')
  const url = /serves at (\S+),/.exec(said)?.[1] ?? ''
  return { ...started, url, setupToken: /^ +(idt_\S+)$/m.exec(said)?.[1] }
}

/** A server with a manager who is logged in. */
export async function servedWithManager(workspace: Workspace): Promise<Served> {
  const served = await serve(workspace)
  const args = ['login', '--server', served.url, '--setup-token', '--username', 'ana', '--email', 'ana@example.org']
  const { code, stderr } = await workspace.start(args, { input: `${served.setupToken}\n${password}\n` }).ended
  if (code !== 0) throw new Error(`The first manager could not be made: ${stderr}`)
  return served
}

/** The token that `login` kept. */
export function keptToken(workspace: Workspace, { url }: Served): string {
  const { servers } = workspace.json('config/imagedoc/servers.json') as { servers: Record<string, { token: string }> }
  return servers[url]?.token ?? ''
}
