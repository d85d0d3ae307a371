import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type AnyOperation,
  data,
  defineKind,
  defineOperation,
  definePlugin,
  image,
  type Json,
  type Plugin,
  portOf,
} from '../../src/index.ts'
import { createRegistry, usableOperations } from '../../src/plugin/registry.ts'
import { didYouMean, suggest } from '../../src/plugin/suggest.ts'
import { testCodec } from '../workshop/codec.ts'

const operation = (name: string, parts: Partial<AnyOperation> = {}): AnyOperation => ({
  ...defineOperation({
    name,
    version: 1,
    summary: 'Do.',
    input: image,
    output: image,
    params: z.strictObject({}),
    run: ({ input }) => ({ output: input }),
  }),
  ...parts,
})

const plugin = (name: string, operations: AnyOperation[], parts: Partial<Plugin> = {}): Plugin => ({
  ...definePlugin({ name, version: '1.0.0', apiVersion: 1, module: 'file:///x', setup: () => ({ operations }) })(),
  ...parts,
})

describe('the options of a plugin', () => {
  const secret = z.string().meta({ secret: true })
  const options = z.strictObject({
    key: secret,
    optional: secret.optional(),
    withDefault: secret.optional().default('d'),
    outer: z.string().optional().meta({ secret: true }),
    endpoint: z.string().default('https://example.org'),
    deep: z.strictObject({ token: secret, name: z.string() }).optional(),
    list: z.array(z.strictObject({ token: secret, id: z.number() })).optional(),
    map: z.record(z.string(), z.strictObject({ token: secret, id: z.number() })).optional(),
    pair: z.tuple([z.string(), secret]).optional(),
    either: z.union([z.strictObject({ password: secret, user: z.string() }), z.strictObject({ anonymous: z.boolean() })]).optional(),
    piped: z.preprocess((value) => value, z.strictObject({ token: secret, id: z.number() })).optional(),
    transformed: z
      .strictObject({ token: secret, id: z.number() })
      .transform((value) => value.id)
      .optional(),
  })
  const factory = definePlugin({ name: 'p', version: '1.0.0', apiVersion: 1, module: '', options, setup: () => ({ operations: [] }) })

  it('are handed to threads and children without the secrets, at any depth', () => {
    const given = {
      key: 'HUSH',
      optional: 'HUSH',
      withDefault: 'HUSH',
      outer: 'HUSH',
      endpoint: 'https://here',
      deep: { token: 'HUSH', name: 'n' },
      list: [
        { token: 'HUSH', id: 1 },
        { token: 'HUSH', id: 2 },
      ],
      map: { a: { token: 'HUSH', id: 3 } },
      pair: ['open', 'HUSH'] as [string, string],
      either: { password: 'HUSH', user: 'u' },
      transformed: { token: 'HUSH', id: 5 },
    }
    const { publicOptions } = factory({ ...given, piped: { token: 'HUSH', id: 4 } })
    expect(JSON.stringify(publicOptions)).not.toContain('HUSH')
    expect(publicOptions).toEqual({
      endpoint: 'https://here',
      deep: { name: 'n' },
      list: [{ id: 1 }, { id: 2 }],
      map: { a: { id: 3 } },
      pair: ['open'],
      either: { user: 'u' },
      piped: { id: 4 },
      transformed: { id: 5 },
    })
    expect(given.list[0]).toEqual({ token: 'HUSH', id: 1 })
  })

  it('reach setup parsed, with their defaults', () => {
    let seen: unknown
    const setup = (parsed: unknown) => {
      seen = parsed
      return { operations: [] as const }
    }
    definePlugin({ name: 'p', version: '1.0.0', apiVersion: 1, module: '', options, setup })({ key: 'k' })
    expect(seen).toEqual({ key: 'k', withDefault: 'd', endpoint: 'https://example.org' })
  })

  it('that are wrong are named without their values', () => {
    const message = (given: Json): string => {
      try {
        factory(given as never)
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_CONFIG' })
        return (error as Error).message
      }
      return ''
    }
    expect(message({ key: 12345678 })).toMatch(/key: .*string/)
    expect(message({ key: 12345678 })).not.toContain('12345678')
    expect(message({ key: 'HUSH', deep: { token: 'HUSH', name: 'HUSH', unknown: 'HUSH' } })).not.toContain('HUSH')
    expect(message({ key: 'k', either: { password: 'HUSH', user: 7 } })).not.toContain('HUSH')
    expect(() =>
      definePlugin({ name: 'p', version: '1.0.0', apiVersion: 1, module: '', setup: () => ({ operations: [] }) })({} as never),
    ).toThrow('takes no options')
  })

  it('of another plugin interface are not even looked at', () => {
    expect(() =>
      definePlugin({ name: 'p', version: '1.0.0', apiVersion: 2 as 1, module: '', setup: () => ({ operations: [] }) }),
    ).toThrowError(expect.objectContaining({ code: 'PLUGIN_API_VERSION' }))
  })
})

describe('the registry', () => {
  const refuses = (plugins: unknown[], code: string, words: string): void => {
    expect(() => createRegistry(plugins as Plugin[])).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    )
  }

  it('refuses two that bring the same, and names both', () => {
    refuses([plugin('a', []), plugin('a', [])], 'PLUGIN_CONFLICT', 'given twice')
    refuses([plugin('a', [operation('x.do')]), plugin('b', [operation('x.do')])], 'PLUGIN_CONFLICT', 'by "a" and by "b"')
    refuses([plugin('a', [], { kinds: [{ name: 'image' } as never] })], 'PLUGIN_CONFLICT', '"@imagedoc/core" and by "a"')
  })

  it('refuses an operation that would take the place of one that writes outputs', () => {
    refuses([plugin('a', [operation('output.png')], { codecs: [testCodec] })], 'PLUGIN_CONFLICT', 'output.png')
  })

  it('refuses another plugin interface, and a factory that was not called', () => {
    refuses([plugin('a', [], { apiVersion: 2 })], 'PLUGIN_API_VERSION', 'interface 2')
    refuses([() => plugin('a', [])], 'PLUGIN_INVALID', 'call it')
  })

  it('refuses an operation on a kind that nobody defines, and takes one that a plugin defines', () => {
    const note = defineKind<'note', string, null>({
      name: 'note',
      extension: 'note',
      meta: z.null(),
      describe: () => null,
      toBytes: () => ({ mediaType: '', bytes: new Uint8Array() }),
      fromBytes: () => '',
    })
    const write = operation('note.write', { output: portOf(note) })
    refuses([plugin('a', [write])], 'PLUGIN_INVALID', 'kind "note"')
    expect(createRegistry([plugin('a', [write]), plugin('b', [], { kinds: [note] })]).kinds.get('note')).toBe(note)
  })

  it('keeps the operations that write outputs to itself', () => {
    const registry = createRegistry([plugin('a', [operation('x.do'), operation('x.say', { output: data })], { codecs: [testCodec] })])
    expect(usableOperations(registry).map((entry) => entry.operation.name)).toEqual([
      'x.do',
      'x.say',
      'pages.select',
      'pages.join',
      'pages.insert',
    ])
    expect([...registry.operations.keys()]).toContain('output.png')
  })
})

describe('suggestions', () => {
  const names = ['image.crop', 'image.rotate', 'ocr.recognize']
  it.each([
    ['image.corp', 'image.crop'],
    ['crop', 'image.crop'],
    ['Image.Rotate', 'image.rotate'],
    ['ocr.recognise', 'ocr.recognize'],
  ])('for %s are %s', (word, meant) => {
    expect(suggest(word, names)).toBe(meant)
    expect(didYouMean(word, names)).toBe(` Did you mean "${meant}"?`)
  })
  it('are left out when nothing is near', () => {
    expect(suggest('pdf.merge', names)).toBeUndefined()
    expect(didYouMean('', [])).toBe('')
  })
})
