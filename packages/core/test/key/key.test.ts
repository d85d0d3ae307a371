import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/index.ts'
import { toJson } from '../../src/key/canonical-json.ts'
import { combinedKey, itemKey, KEY_FORMAT, type KeyParts, memoKey, resultKey } from '../../src/key/result-key.ts'

describe('canonical JSON', () => {
  /** RFC 8785, 3.2.2 and 3.2.3. */
  it('writes what RFC 8785 writes', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('sorts members by UTF-16 code units, as RFC 8785, 3.2.3 does', () => {
    const value = JSON.parse(
      String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
    )
    expect(Object.values(JSON.parse(canonicalJson(value).replaceAll('"1"', '"_1"')))).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  /** RFC 8785, appendix B: IEEE 754 bits and how they are written. */
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text)
  })

  it('leaves out what is undefined, and refuses what is no JSON', () => {
    expect(canonicalJson({ b: 1, a: undefined, c: [undefined] })).toBe('{"b":1,"c":[null]}')
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, 1n, Symbol('x')]) {
      expect(() => canonicalJson({ wrong })).toThrowError(expect.objectContaining({ code: 'OPERATION_CONTRACT' }))
    }
    expect(toJson({ b: 1, a: undefined })).toEqual({ b: 1 })
    expect(toJson(undefined)).toBeNull()
  })
})

describe('a result key', () => {
  const digest = `sha256:${'0'.repeat(64)}` as const
  const parts: KeyParts = {
    plugin: 'imagedoc-plugin-example',
    operation: 'example.negate',
    version: 1,
    fingerprint: { id: 'engine', is: { version: '1.2.3' } },
    params: { by: 10, colour: '#ffffff' },
    inputs: { input: { kind: 'image', digest, meta: { width: 1, height: 1, channels: 1, density: null } } },
  }

  /** Changes only with KEY_FORMAT: every cached result of every user is then computed anew. */
  it('is pinned', () => {
    expect(KEY_FORMAT).toBe(2)
    expect(resultKey(parts)).toBe('c81d4c6bd17afec69228b1a3a8244c45c43e5d6c37df55e53e1e1ecb1bf952ec')
  })

  it('does not depend on the order in which members were written', () => {
    expect(resultKey({ ...parts, params: { colour: '#ffffff', by: 10 } })).toBe(resultKey(parts))
  })

  it('changes with everything that a result depends on', () => {
    const input = parts.inputs['input'] as { kind: string; digest: typeof digest; meta: null }
    const variants: Partial<KeyParts>[] = [
      { plugin: 'another' },
      { operation: 'example.other' },
      { version: 2 },
      { fingerprint: null },
      { params: { by: 11, colour: '#ffffff' } },
      { codec: 'sharp/1' },
      { properties: {} },
      { properties: { owner: 'Ada' } },
      { inputs: { other: input } },
      { inputs: { input: [input] } },
      { inputs: { input: [input, input] } },
      { inputs: { input: { ...input, meta: { width: 2 } as never } } },
      { inputs: { input: { key: digest } } },
      { inputs: { input: [{ hole: 'step' }] } },
      { inputs: {} },
    ]
    const keys = [parts, ...variants.map((variant) => ({ ...parts, ...variant }))].map((variant) => resultKey(variant))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('of an item, of a sub-result and of all pages together are keys of their own', () => {
    const key = resultKey(parts)
    const { inputs: _, ...memo } = parts
    const all = [key, itemKey(key, 0), itemKey(key, 1), memoKey(memo, 'a'), memoKey(memo, 'b'), combinedKey([key, key]), combinedKey([])]
    expect(new Set(all).size).toBe(all.length)
    for (const one of all) expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(combinedKey([key])).toBe(key)
  })
})
