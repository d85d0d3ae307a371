import { describe, expect, it } from 'vitest'
import { isReadableOnTheWay, serverAddress } from '../../src/server/address.ts'

describe('the address of a server', () => {
  it('is an origin, written in one way', () => {
    expect(serverAddress('login', 'HTTPS://Archive.example.org:443/')).toBe('https://archive.example.org')
    expect(serverAddress('login', 'http://127.0.0.1:8420')).toBe('http://127.0.0.1:8420')
  })

  it('may be a host and a port: http on this machine, https elsewhere', () => {
    const written = ['127.0.0.1:8420', 'localhost:8420', '[::1]:8420', 'archive.example.org:8443', 'archive:443/']
    expect(written.map((value) => serverAddress('login', value))).toEqual([
      'http://127.0.0.1:8420',
      'http://localhost:8420',
      'http://[::1]:8420',
      'https://archive.example.org:8443',
      'https://archive',
    ])
  })

  it('is nothing else', () => {
    for (const wrong of [
      'archive',
      'ftp://a',
      'http://a/path',
      'http://a?x',
      'http://user:word@a',
      'user:word@a:80',
      'localhost:8420/path',
      'a:b',
      undefined,
    ])
      expect(() => serverAddress('login', wrong), wrong).toThrow(/--server/)
  })

  it('says whether others on the way can read what is sent', () => {
    const readable = ['http://archive.example.org', 'http://10.0.0.1:8420']
    const not = ['https://archive.example.org', 'http://localhost:8420', 'http://127.0.0.1:8420', 'http://[::1]:8420']
    expect([...readable, ...not].filter(isReadableOnTheWay)).toEqual(readable)
  })
})
