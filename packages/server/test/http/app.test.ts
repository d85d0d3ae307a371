import { BlockList } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRateLimits } from '../../src/accounts/rate-limits.ts'
import { clientAddress } from '../../src/http/address.ts'
import { listen } from '../../src/http/listen.ts'
import { addUser, callRpc, openTestServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ settings: { corsOrigins: ['https://archive.example.org'] } })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('errors', () => {
  it('carry code, path and whether to try again, and neither a stack nor a path of this machine', async () => {
    const { token } = await addUser(server.services)
    const answer = await callRpc(server.app, { path: 'collections.create', type: 'mutation', input: { title: 7 }, token })
    expect(answer.status).toBe(400)
    const { error } = JSON.parse(answer.text) as { error: { data: Record<string, unknown> } }
    expect(error.data['error']).toMatchObject({ code: 'INVALID_REQUEST', path: 'title', retryable: false })
    expect(error.data).not.toHaveProperty('stack')
    expect(answer.text).not.toMatch(/node_modules|\.ts:\d/)
  })

  it('a fault of our own says nothing but a reference', async () => {
    await using broken = await openTestServer()
    Object.assign(broken.services.tables.collections, { get: () => Promise.reject(new Error('ENOENT /etc/secret')) })
    const { token } = await addUser(broken.services)
    const answer = await callRpc(broken.app, { path: 'collections.get', type: 'query', input: { id: 'a'.repeat(24) }, token })
    expect(answer.status).toBe(500)
    expect(answer.outcome).toBe('INTERNAL')
    expect(answer.text).toMatch(/"reference":"[0-9a-f-]{36}"/)
    expect(answer.text).not.toContain('/etc/secret')
  })

  it('what is no procedure and no JSON is refused by a code', async () => {
    expect((await callRpc(server.app, { path: 'no.such', type: 'query' })).outcome).toBe('NOT_FOUND')
    const response = await server.app.request('/trpc/auth.login', {
      method: 'POST',
      body: '{',
      headers: { 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('INVALID_REQUEST')
  })

  it('a query that is too long for an address may come as POST; a change never comes as GET', async () => {
    const { token } = await addUser(server.services)
    const steps = Array.from({ length: 1000 }, (_, index) => ({ id: `s${index}`, use: 'image.grayscale' }))
    const long = await callRpc(server.app, {
      path: 'pipelines.validate',
      type: 'mutation',
      input: { definition: { version: 1, steps } },
      token,
    })
    expect(long).toMatchObject({ outcome: 'ok', data: { valid: true } })
    expect((await callRpc(server.app, { path: 'collections.create', type: 'query', input: { title: 'By GET' }, token })).status).toBe(405)
  })

  it('a body beyond the bound and a batch beyond the bound are refused', async () => {
    const large = await server.app.request('/trpc/auth.login', {
      method: 'POST',
      body: JSON.stringify({ username: 'x'.repeat(3 * 2 ** 20), password: 'y' }),
      headers: { 'Content-Type': 'application/json' },
    })
    expect(large.status).toBe(400)
    const many = Array.from({ length: 50 }, () => 'auth.me').join(',')
    expect((await server.app.request(`/trpc/${many}?batch=1&input={}`)).status).toBe(400)
  })

  it('too many requests get a code and when to come back', async () => {
    await using other = await openTestServer()
    let answer = await callRpc(other.app, {
      path: 'auth.login',
      type: 'mutation',
      input: { username: 'nobody', password: 'wrong password' },
    })
    for (let count = 0; count < 40 && answer.outcome === 'LOGIN_FAILED'; count++)
      answer = await callRpc(other.app, { path: 'auth.login', type: 'mutation', input: { username: 'nobody', password: 'wrong password' } })
    expect(answer.outcome).toBe('RATE_LIMITED')
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
  })
})

describe('plain routes', () => {
  it('count against the same limit as calls', async () => {
    await using limited = await openTestServer()
    Object.assign(limited.services.rateLimits, createRateLimits({ user: { points: 3, seconds: 60 }, stranger: { points: 2, seconds: 60 } }))
    const { token } = await addUser(limited.services)
    const statuses = async (headers: Record<string, string>) => {
      const paths = [`/documents/${'a'.repeat(24)}/file`, '/uploads/x', `/documents/${'a'.repeat(24)}/pages/1`, '/uploads/x']
      const found: number[] = []
      for (const path of paths) found.push((await limited.app.request(path, { headers })).status)
      return found
    }
    expect(await statuses({ Authorization: `Bearer ${token}` })).toEqual([404, 404, 404, 429])
    expect(await statuses({})).toEqual([401, 404, 429, 429])
  })

  it('whether the server is ready is said without looking at every file of the cache', async () => {
    await using other = await openTestServer()
    Object.assign(other.services.cache, { stats: () => Promise.reject(new Error('looked at every file')) })
    const response = await other.app.request('/health/ready')
    expect([response.status, await response.json()]).toEqual([200, { ok: true }])
  })
})

describe('headers', () => {
  it('only the configured origins may call from a browser', async () => {
    const preflight = (origin: string) =>
      server.app.request('/trpc/auth.me', { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' } })
    expect((await preflight('https://archive.example.org')).headers.get('Access-Control-Allow-Origin')).toBe('https://archive.example.org')
    expect((await preflight('https://evil.example.org')).headers.get('Access-Control-Allow-Origin')).toBeNull()
  })
})

describe('/metrics', () => {
  it('counts procedures by path and outcome, for managers', async () => {
    const manager = await addUser(server.services, { role: 'manager' })
    await callRpc(server.app, { path: 'auth.me', type: 'query', token: manager.token })
    const response = await server.app.request('/metrics', { headers: { Authorization: `Bearer ${manager.token}` } })
    const text = await response.text()
    expect(text).toMatch(/imagedoc_procedure_seconds_count\{procedure="auth\.me",outcome="ok"\} \d+/)
    expect(text).toMatch(/imagedoc_http_request_seconds_count\{route="\/trpc\/\*"/)
  })
})

it('nothing that a caller writes into X-Forwarded-For opens the limits of strangers', async () => {
  const trustedProxies = new BlockList()
  trustedProxies.addAddress('127.0.0.1')
  await using limited = await openTestServer({ settings: { trustedProxies } })
  Object.assign(limited.services.rateLimits, createRateLimits({ stranger: { points: 2, seconds: 60 } }))
  const listening = await listen(limited.app.fetch, { host: '127.0.0.1', port: 0 })
  const ask = async (forwarded: string) => {
    const response = await fetch(`${listening.url}/trpc/auth.me`, { headers: { 'X-Forwarded-For': forwarded } })
    await response.arrayBuffer()
    return response.status
  }
  // The proxy's word is the last part; what stands before it changes with every request.
  for (const said of ['198.51.100.7:$', 'unknown', '[2001:db8::$]:443', '_$', '2001:db8:0:0::$']) {
    const statuses: number[] = []
    for (let request = 0; request < 4; request++) {
      const forged = `203.0.113.${request}, [2001:db8:${request}::1], "192.0.2.${request}:80"`
      statuses.push(await ask(`${forged}, ${said.replace('$', String(request + 1))}`))
    }
    expect(statuses.filter((status) => status === 429).length, `${said}: ${statuses}`).toBeGreaterThanOrEqual(2)
  }
  await listening[Symbol.asyncDispose]()
})

describe('the address of a caller', () => {
  const trusted = new BlockList()
  trusted.addSubnet('10.0.0.0', 8, 'ipv4')
  trusted.addSubnet('fd00::', 8, 'ipv6')
  it.each([
    { name: 'a proxy that is not trusted', peer: '203.0.113.1', forwarded: '198.51.100.7', expected: '203.0.113.1' },
    { name: 'a trusted proxy', peer: '10.0.0.1', forwarded: '198.51.100.7', expected: '198.51.100.7' },
    { name: 'a forged first entry', peer: '10.0.0.1', forwarded: '1.1.1.1, 198.51.100.7', expected: '198.51.100.7' },
    { name: 'two trusted proxies', peer: '::ffff:10.0.0.1', forwarded: '198.51.100.7, 10.2.3.4', expected: '198.51.100.7' },
    { name: 'nonsense', peer: '10.0.0.1', forwarded: 'unknown, 198.51.100.7', expected: '198.51.100.7' },
    { name: 'a port', peer: '10.0.0.1', forwarded: '1.1.1.1, 198.51.100.7:4711', expected: '198.51.100.7' },
    { name: 'a proxy with a port', peer: '10.0.0.1', forwarded: '198.51.100.7:1, 10.2.3.4:80', expected: '198.51.100.7' },
    { name: 'IPv6', peer: '10.0.0.1', forwarded: '2001:db8::7', expected: '2001:db8::7' },
    { name: 'IPv6 in brackets', peer: '10.0.0.1', forwarded: '1.1.1.1, [2001:db8::7]', expected: '2001:db8::7' },
    { name: 'IPv6 in brackets with a port', peer: '10.0.0.1', forwarded: '1.1.1.1, "[2001:db8::7]:4711"', expected: '2001:db8::7' },
    { name: 'IPv6 with a zone', peer: '10.0.0.1', forwarded: '1.1.1.1, fe80::1%eth0', expected: 'fe80::1' },
    { name: 'a trusted proxy in brackets', peer: '10.0.0.1', forwarded: '198.51.100.7, [fd00::1]:80', expected: '198.51.100.7' },
    { name: 'an address of both families', peer: '10.0.0.1', forwarded: '198.51.100.7, [::ffff:10.2.3.4]', expected: '198.51.100.7' },
    { name: 'the same in hexadecimal', peer: '::ffff:a00:1', forwarded: '198.51.100.7, ::ffff:0a02:0304', expected: '198.51.100.7' },
    { name: 'empty elements', peer: '10.0.0.1', forwarded: ' , 198.51.100.7, ,', expected: '198.51.100.7' },
    { name: 'what a proxy does not know', peer: '10.0.0.1', forwarded: '1.1.1.1, unknown', expected: '10.0.0.1' },
    { name: 'what a proxy hides', peer: '10.0.0.1', forwarded: '1.1.1.1, _hidden, 10.9.9.9', expected: '10.9.9.9' },
    { name: 'a port that is none', peer: '10.0.0.1', forwarded: '1.1.1.1, 198.51.100.7:x', expected: '10.0.0.1' },
    { name: 'half a bracket', peer: '10.0.0.1', forwarded: '1.1.1.1, [2001:db8::7', expected: '10.0.0.1' },
    { name: 'trusted proxies alone', peer: '10.0.0.1', forwarded: '10.3.3.3, 10.2.2.2', expected: '10.3.3.3' },
  ])('$name', ({ peer, forwarded, expected }) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(expected)
  })
})

describe('a page of another origin', () => {
  const ask = (from: TestServer, origin: string) =>
    from.app.request('/trpc/auth.login', { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' } })

  it('is let in when it is allowed', async () => {
    const answer = await ask(server, 'https://archive.example.org')
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([204, 'https://archive.example.org'])
  })

  it('is refused with the variable that would let it in, also where nobody is allowed', async () => {
    await using closed = await openTestServer()
    for (const each of [server, closed]) {
      const answer = await ask(each, 'https://elsewhere.example.org')
      expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([403, null])
      expect(await answer.text()).toContain(
        'Pages of https://elsewhere.example.org may not call this server. Whoever runs it adds the origin to IMAGEDOC_CORS_ORIGINS.',
      )
    }
  })
})
