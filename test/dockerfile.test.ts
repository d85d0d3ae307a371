import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { follow } from '../scripts/dockerfile/follow.ts'
import { parseDockerignore } from '../scripts/dockerfile/ignore.ts'
import { parseDockerfile } from '../scripts/dockerfile/parse.ts'
import { tryOut } from '../scripts/dockerfile/try-out.ts'
import { root } from '../scripts/workspace-packages.ts'

const NODE = `node:${process.versions.node.split('.')[0]}-slim`
const health = `HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT).then(() => process.exit(0), () => process.exit(1))"]`

/** A build context with these files, and the folder to follow a Dockerfile in. */
function contextWith(files: Record<string, string>): { context: string; into: string } {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-dockerfile-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  // The server runs as another user.
  chmodSync(folder, 0o755)
  const context = join(folder, 'context')
  const into = join(folder, 'stages')
  mkdirSync(context)
  mkdirSync(into)
  for (const [name, content] of Object.entries({ '.dockerignore': '', ...files })) writeFileSync(join(context, name), content)
  return { context, into }
}

/** A server that says on stdout what it was started with, and ends on SIGTERM with `code`. */
const serverEnding = (code: number): string => `
require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit(${code}))`

const dockerfile = (lines: string[] = []): string =>
  [
    `FROM ${NODE} AS build`,
    'WORKDIR /src',
    'COPY . .',
    'RUN mkdir /app && cp server.cjs "/app/server.cjs"',
    `FROM ${NODE}`,
    'ENV PORT=8420 WHERE=/app/server.cjs',
    'COPY --from=build /app /app',
    ...lines,
    'WORKDIR /app',
    'USER 1000:1000',
    health,
    'CMD ["node", "/app/server.cjs"]',
  ].join('\n')

describe('the steps of a Dockerfile', () => {
  it('are done in folders that stand for the stages, and what comes of them is started, asked and stopped', async () => {
    const at = contextWith({ 'server.cjs': serverEnding(0), 'notes.txt': 'x', '.dockerignore': 'notes.txt' })
    const said: string[] = []
    const followed = follow(parseDockerfile(dockerfile(['RUN test -f "$WHERE" && test ! -e notes.txt'])), {
      ...at,
      say: (text) => said.push(text),
    })
    expect(followed.env).toMatchObject({ PORT: '8420', WHERE: join(at.into, '1', 'app', 'server.cjs') })
    await tryOut(followed, (text) => said.push(text))
    expect(said.join('\n')).toMatch(/COPY --from=build \/app \/app[\s\S]*HEALTHCHECK passes[\s\S]*SIGTERM ends it with 0/)
  })

  it('fail with the line of the one that fails', () => {
    const at = contextWith({ 'server.cjs': '' })
    expect(() => follow(parseDockerfile(dockerfile(['RUN echo lost && false'])), at)).toThrow(
      /line 8: RUN echo lost[\s\S]*ended with 1[\s\S]*lost/,
    )
  })

  it('fail when the server does not end well on SIGTERM', async () => {
    const followed = follow(parseDockerfile(dockerfile()), contextWith({ 'server.cjs': serverEnding(3) }))
    await expect(tryOut(followed)).rejects.toThrow('SIGTERM ends it with 3 instead of 0')
  })

  it('fail when the server ends by itself, with what it wrote', async () => {
    const followed = follow(parseDockerfile(dockerfile()), contextWith({ 'server.cjs': `console.log('no luck'); process.exit(7)` }))
    await expect(tryOut(followed)).rejects.toThrow(/CMD ended with 7[\s\S]*no luck/)
  })

  it('fail when a link would lead out of the image', () => {
    const at = contextWith({ 'server.cjs': '' })
    symlinkSync(at.context, join(at.context, 'out'))
    expect(() => follow(parseDockerfile(dockerfile(['COPY out /app/out'])), at)).toThrow(/lead out of the image/)
  })

  it.each([
    ['USER node', 'not root, by number'],
    ['USER 0:0', 'not root, by number'],
    ['CMD node server.js', 'a JSON list'],
    ['HEALTHCHECK NONE', 'it needs CMD'],
    ['ADD https://example.org/x /x', 'does not know it'],
    ['COPY --chown=1:1 a b', '--chown cannot be followed'],
    ['RUN --mount=type=secret,id=x true', 'flags'],
    ['WORKDIR app', 'absolute'],
    ['ENV A=$B', 'variables'],
  ])('are refused where they cannot be followed or should not be there: %s', (line, words) => {
    expect(() => parseDockerfile(`FROM ${NODE}\n\n${line}`)).toThrow(new RegExp(`line 3.*${words}`))
  })
})

it('only what the build needs gets into it', () => {
  const { excludes, prunes } = parseDockerignore(readFileSync(join(root, '.dockerignore'), 'utf8'))
  const inside = ['package.json', 'packages/core/src/index.ts', 'packages/core/src/testing/index.ts', 'fixtures/package.json']
  const outside = [
    '.env',
    'packages/server/.env',
    '.git',
    'docs',
    '.imagedoc',
    'packages/cli/.imagedoc/imagedoc.sqlite',
    'a.pdf',
    'packages/core/test/x.ts',
  ]
  expect(inside.filter(excludes)).toEqual([])
  expect(outside.filter((path) => !excludes(path))).toEqual([])
  expect(['fixtures', 'packages'].filter(prunes)).toEqual([])
  expect(['node_modules', 'packages/core/node_modules', 'packages/core/dist', '.git'].filter((folder) => !prunes(folder))).toEqual([])
})
