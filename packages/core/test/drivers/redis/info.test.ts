import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/artifact/digest.ts'
import { createFileBlobStore } from '../../../src/drivers/file-blob-store.ts'
import { createRedisConnection, createRedisResultCache, redisInfo } from '../../../src/drivers/redis/index.ts'
import { isResultRecord } from '../../../src/ports/result-cache.ts'
import { keyOf, recordOf } from '../sample-record.ts'
import { freePort, noServer, startRedis, type TestRedis } from './redis-server.ts'

describe('what a Redis says of itself', () => {
  it('is that it does not answer, when there is none', async () => {
    expect(await redisInfo(`redis://:geheim@127.0.0.1:${await freePort()}`)).toEqual({ reachable: false, reason: 'does not answer' })
  })

  it('is that it does not answer, when it takes the connection and no more', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const startedAt = Date.now()
    expect(await redisInfo(`redis://127.0.0.1:${port}`, { timeoutMs: 300 })).toMatchObject({ reachable: false })
    expect(Date.now() - startedAt).toBeLessThan(2000)
    server.close()
  })

  it.each([
    ['5.0.14', false],
    ['6.0.16', false],
    ['6.2.0', true],
    ['10.1.0', true],
  ])('tells whether version %s is new enough', async (version, supported) => {
    await using server = await startOldRedis(version)
    expect(await redisInfo(server.url)).toMatchObject({ reachable: true, product: 'redis', version, supported })
  })
})

describe.skipIf(noServer)(noServer ? `skipped: ${noServer}` : 'a Redis with a password and databases', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis({ args: ['--databases', '4', '--maxmemory', '50mb', '--maxmemory-policy', 'noeviction'] })
    const client = new Redis(server.url)
    await client.acl('SETUSER', 'anna', 'on', '>ge@heim', '~imagedoc:*', '&*', '+@all')
    await client.acl('SETUSER', 'default', 'resetpass', '>other')
    await client.quit()
  })
  afterAll(async () => server.stop())
  const addressOf = (login: string, database = 0) => `${server.url.replace('redis://', `redis://${login}@`)}/${database}`

  it('tells product, version, latency, memory, policy and what it keeps', async () => {
    const info = await redisInfo(addressOf('anna:ge%40heim', 2))
    expect(info).toMatchObject({ reachable: true, supported: true, maxMemory: 50 * 2 ** 20, maxMemoryPolicy: 'noeviction' })
    expect(info).toMatchObject({ product: expect.stringMatching(/^(redis|valkey)$/), version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(info).toMatchObject({ appendOnly: false, snapshots: false })
    if (info.reachable) expect(info.latencyMs).toBeGreaterThan(0)
  })

  it.each([
    ['anna:wrong', 0, 'refused the user name or the password'],
    [':ge%40heim', 0, 'refused the user name or the password'],
    ['anna:ge%40heim', 7, 'has no such database'],
  ])('with %s and database %i says why not', async (login, database, reason) => {
    expect(await redisInfo(addressOf(login, database))).toEqual({ reachable: false, reason })
  })

  it.each([
    ['anna:wrong', 'imagedoc:a', 'Redis refused the user name or the password.'],
    ['anna:ge%40heim', 'stranger:a', 'Redis does not permit this user a command or a key.'],
  ])('with %s and the key %s is STORE_UNAVAILABLE, without what was sent', async (login, key, message) => {
    await using connection = createRedisConnection({ url: addressOf(login) })
    const error = await connection.run((client) => client.set(key, 'geheimes')).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message })
    expect(JSON.stringify([error, { ...((error as Error).cause as Error) }])).not.toMatch(/geheim|heim|wrong/)
  })

  it('needs no more rights than the documentation names', async () => {
    const admin = new Redis(addressOf(':other'))
    await admin.acl('SETUSER', 'bound', 'on', '>pw', '~imagedoc:*', 'resetchannels', '&imagedoc:*', '+@all', '-@dangerous', '+info')
    await admin.quit()
    const url = addressOf('bound:pw')
    expect(await redisInfo(url)).toMatchObject({ reachable: true, maxMemoryPolicy: 'noeviction' })
    await using cache = createRedisResultCache({ url, maxBytes: 1_000_000, blobs: createFileBlobStore({ path: join(tmpdir(), 'unused') }) })
    for (let i = 0; i < 30; i++) await cache.put(keyOf(`${i}`), recordOf(100_000, [digestOf('book')]), {})
    expect((await cache.stats()).entries).toBeGreaterThan(5)
    expect(await cache.forget(digestOf('book'))).toBeGreaterThan(5)
    const lease = await cache.lease(keyOf('a'), { signal: new AbortController().signal })
    if (!isResultRecord(lease)) await lease[Symbol.asyncDispose]()
    await cache.clear()
  })

  it('keeps the databases apart, and uses the one that its address names', async () => {
    await using first = createRedisConnection({ url: addressOf('anna:ge%40heim', 1) })
    await using second = createRedisConnection({ url: addressOf('anna:ge%40heim', 2) })
    await first.run((client) => client.set('imagedoc:a', 'first'))
    expect(await second.run((client) => client.get('imagedoc:a'))).toBeNull()
    expect(await first.run((client) => client.get('imagedoc:a'))).toBe('first')
  })
})

const noTls = noServer ?? findOpenssl()

describe.skipIf(noTls)(noTls ? `skipped: ${noTls}` : 'a Redis with TLS', () => {
  let folder: string
  let server: TestRedis
  let url: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagedoc-tls-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...names,
      ],
      { stdio: 'ignore' },
    )
    const tlsPort = await freePort()
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert, '--tls-auth-clients', 'no']
    server = await startRedis({ args: ['--tls-port', `${tlsPort}`, ...files] })
    url = `rediss://localhost:${tlsPort}`
  })
  afterAll(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })
  const printed = async (trusted: boolean) => {
    const env = { ...process.env, ...(trusted ? { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') } : {}) }
    const script = join(import.meta.dirname, 'print-info.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, script, url], { env })
    return JSON.parse(stdout) as unknown
  }

  it('is used where its certificate is trusted', async () => {
    expect(await printed(true)).toMatchObject({ info: { reachable: true }, written: 'OK' })
  })

  it('is not where it is not', async () => {
    expect(await printed(false)).toEqual({ info: { reachable: false, reason: 'does not answer' }, written: 'Redis does not answer.' })
  })
})

/** Why no certificate can be made here. In CI it has to be there. */
function findOpenssl(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return undefined
  } catch (error) {
    if (process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1') throw error
    return 'no openssl on the PATH to make a certificate with'
  }
}

/** Speaks as much of the protocol as the question needs, and says that it is of this version. */
async function startOldRedis(version: string): Promise<AsyncDisposable & { url: string }> {
  const info = `# Server\r\nredis_version:${version}\r\naof_enabled:0\r\n`
  const answers: Record<string, string> = { info: `$${info.length}\r\n${info}\r\n`, ping: '+PONG\r\n', select: '+OK\r\n', config: '*0\r\n' }
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      // A command is an array of strings: its first one names it.
      for (const [, name = ''] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        socket.write(answers[name.toLowerCase()] ?? `-ERR unknown command '${name}', with args beginning with: \r\n`)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
