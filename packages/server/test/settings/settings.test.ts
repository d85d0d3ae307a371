import { describe, expect, it } from 'vitest'
import { readSettings, serverVariables } from '../../src/settings/settings.ts'

const wrong: Readonly<Record<string, readonly string[]>> = {
  HOST: ['two words', 'http://x'],
  PORT: ['x', '-1', '65536', '80.5'],
  IMAGEDOC_PUBLIC_URL: ['archive.example.org', 'ftp://x.org', 'https://x.org/path', 'https://user:word@x.org', 'https://:word@x.org'],
  IMAGEDOC_TRUSTED_PROXIES: ['10.0.0', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy'],
  IMAGEDOC_CORS_ORIGINS: ['*', 'https://a.org,', 'null'],
  IMAGEDOC_REGISTRATION: ['yes', 'OPEN'],
  IMAGEDOC_MAX_UPLOAD: ['-1', '0', '2XB', 'much'],
  IMAGEDOC_QUOTA_BYTES: ['-1', '1e400GB'],
  IMAGEDOC_QUOTA_DOCUMENTS: ['0', '1.5'],
  IMAGEDOC_TRASH_DAYS: ['0', '3651'],
  IMAGEDOC_MAX_QUEUED_RUNS: ['0', '1000001', 'many'],
  IMAGEDOC_INTERACTIVE_SECONDS: ['0', '601', '1.5'],
  IMAGEDOC_MAX_RUN_TIME: ['12', '0h', '2000h', '1d', '-1h'],
  IMAGEDOC_MAX_PIXELS: ['0', '100MB', 'many'],
  IMAGEDOC_MAX_PAGES: ['0', '1000001', '1.5'],
  IMAGEDOC_MAX_STEP_TIME: ['120', '2000h'],
  IMAGEDOC_MAX_MEMORY: ['0', '2GP', '1KB', '63MiB'],
  IMAGEDOC_CACHE_SCOPE: ['user', 'Owner'],
  IMAGEDOC_SESSION_DAYS: ['0', '366'],
  IMAGEDOC_REDIS_URL: ['http://x', '127.0.0.1:6379', 'redis://x/main', 'redis://x/0?keyPrefix=y'],
  IMAGEDOC_MONGODB_URL: ['http://x', '127.0.0.1:27017', 'mongodb://', 'mongodb://a b/c', 'mongodb://host/a/b'],
  IMAGEDOC_REDIS_CACHE_URL: ['http://x', 'redis://'],
  IMAGEDOC_REDIS_CACHE_BYTES: ['0', 'much'],
  IMAGEDOC_S3_BUCKET: ['ab', 'two words', 'a/b'],
  IMAGEDOC_S3_ENDPOINT: ['127.0.0.1:9000', 'ftp://x', 'http://key:secret@host', 'http://x/?a=b'],
  IMAGEDOC_S3_REGION: ['eu west', 'eu/west'],
  IMAGEDOC_S3_ACCESS_KEY: ['two words'],
  IMAGEDOC_S3_SECRET_KEY: ['two words'],
  IMAGEDOC_S3_PREFIX: ['archive', '/archive/', 'a b/'],
  IMAGEDOC_S3_PRESIGNED: ['yes', 'ON'],
  IMAGEDOC_S3_DOWNLOAD_ENDPOINT: ['files.example.org', 'https://user@files.example.org'],
  IMAGEDOC_BACKUP_S3_ENDPOINT: ['127.0.0.1:9000', 's3://bucket'],
  IMAGEDOC_BACKUP_S3_REGION: ['eu west'],
  IMAGEDOC_BACKUP_S3_ACCESS_KEY: ['two words'],
  IMAGEDOC_BACKUP_S3_SECRET_KEY: ['two words'],
  IMAGEDOC_WORKER_CONCURRENCY: ['0', '257', 'all'],
  IMAGEDOC_WEBHOOK_HOSTS: ['https://hooks.example.org/path', 'two words', 'ftp://x.org', 'a.org,'],
  IMAGEDOC_WEBHOOK_SECRET: ['too short to be one'],
  IMAGEDOC_LOG: ['loud'],
}

describe('a variable', () => {
  const cases = Object.entries(wrong).flatMap(([name, values]) => values.map((value) => ({ name, value })))
  it.each(cases)('$name is refused as "$value", by its name and with what it expects', ({ name, value }) => {
    const { expects } = Object.values(serverVariables).find((variable) => variable.name === name)!
    expect(() => readSettings({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        message: `The environment variable ${name} is wrong; it expects ${expects}.`,
        details: { variable: name },
      }),
    )
  })

  it('has a wrong value above, unless every text is right', () => {
    const names = Object.values(serverVariables).map(({ name }) => name)
    expect(names.filter((name) => !(name in wrong))).toEqual(['IMAGEDOC_DATA'])
  })

  it('of nothing but spaces counts as not set', () => {
    expect(readSettings({ PORT: '  ', IMAGEDOC_LOG: '' })).toEqual(readSettings({}))
  })

  it.each([
    'mongodb://127.0.0.1:27017',
    'mongodb://user:p%40ss@a:27017,b:27018/imagedoc?replicaSet=rs0&tls=true',
    'mongodb+srv://user:word@cluster.example.org/',
  ])('IMAGEDOC_MONGODB_URL takes %s', (url) => {
    expect(readSettings({ IMAGEDOC_MONGODB_URL: url }).mongodbUrl).toBe(url)
  })
})
