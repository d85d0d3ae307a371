import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { networkOf } from '../../src/accounts/network.ts'
import { createRateLimits } from '../../src/accounts/rate-limits.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const limit = { points: 2, seconds: 60 }
const limited = (retryAfterSeconds: number) => expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterSeconds } })

describe('rate limits', () => {
  it('say in how many seconds to come back, and let in then', async () => {
    const limits = createRateLimits({ entry: limit })
    await limits.entry('192.0.2.1')
    vi.advanceTimersByTime(20_000)
    await limits.entry('192.0.2.1')
    await expect(limits.entry('192.0.2.1')).rejects.toEqual(limited(40))
    vi.advanceTimersByTime(40_000)
    await limits.entry('192.0.2.1')
  })

  it('count every attempt of many at the same time', async () => {
    const limits = createRateLimits({ account: limit })
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => limits.passwordFor('anna')))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  })

  it('count users apart from strangers, and addresses apart from one another', async () => {
    const limits = createRateLimits({ user: limit, stranger: limit })
    for (let call = 0; call < 2; call++) {
      await limits.request({ userId: 'a' }, '192.0.2.1')
      await limits.request(null, '192.0.2.1')
    }
    await expect(limits.request({ userId: 'a' }, '192.0.2.2')).rejects.toEqual(limited(60))
    await expect(limits.request(null, '192.0.2.1')).rejects.toEqual(limited(60))
    await limits.request({ userId: 'b' }, '192.0.2.1')
    await limits.request(null, '192.0.2.2')
  })

  it('forget the attempts for an account whose password was right, and take only that one off the address', async () => {
    const limits = createRateLimits({ account: limit, address: limit })
    for (let attempt = 0; attempt < 2; attempt++) {
      await limits.passwordFrom('192.0.2.1')
      await limits.passwordFor('anna')
    }
    await limits.passwordFitted({ account: 'anna', address: '192.0.2.1' })
    await limits.passwordFor('anna')
    await limits.passwordFrom('192.0.2.1')
    await expect(limits.passwordFrom('192.0.2.1')).rejects.toEqual(limited(60))
  })

  it('count all addresses of an IPv6 network as one', async () => {
    const limits = createRateLimits({ entry: limit })
    await limits.entry('2001:db8:1:2::1')
    await limits.entry('2001:db8:1:2:ffff::9')
    await expect(limits.entry('2001:0DB8:1:2::3')).rejects.toEqual(limited(60))
    await limits.entry('2001:db8:1:3::1')
  })
})

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
