import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../src/arguments/parse.ts'
import { suggest } from '../../src/arguments/suggest.ts'

const parse = (...argv: string[]) => parseArguments('run', argv)

describe('the arguments of a command', () => {
  it('are options in any place, short and long, and everything else in order', () => {
    const { values, positionals } = parse('-o', 'out', 'p.json', '--set', 'a.b=1', 'x', '--set=c.d="e=f"', '-fq', '--no-cache', '--', '-y')
    expect(values).toMatchObject({ output: 'out', set: ['a.b=1', 'c.d="e=f"'], force: true, quiet: true, 'no-cache': true })
    expect(positionals).toEqual(['p.json', 'x', '-y'])
  })

  it('are refused with what was probably meant', () => {
    expect(() => parse('p', 'x', '--outptu', 'y')).toThrow('There is no option "--outptu". Did you mean "--output"?')
    expect(() => parse('p', 'x', '-z')).toThrow('There is no option "-z".')
    expect(() => parse('p', 'x', '--toString')).toThrow('There is no option "--toString".')
  })

  it('are refused when a value is missing, forgotten, empty or too many', () => {
    expect(() => parse('p', 'x', '--output')).toThrow('--output needs a value: --output DIR.')
    expect(() => parse('-o', '--json', 'p', 'x')).toThrow('-o needs a value: -o DIR.')
    expect(() => parse('p', 'x', '--cache=')).toThrow('--cache needs a value')
    expect(() => parse('p', 'x', '--json=yes')).toThrow('--json takes no value, but "yes" was given.')
    expect(parse('p', 'x', '--output=-dashed').values.output).toBe('-dashed')
  })

  it('are refused when there are too few or too many, but not beside --help', () => {
    expect(() => parse()).toThrow('run needs a pipeline and at least one input')
    expect(() => parseArguments('explain', ['p.json'])).toThrow('explain needs a pipeline and an input')
    expect(() => parseArguments('operations', ['a', 'b'])).toThrow('"b" is one argument too many')
    expect(parse('--help').values.help).toBe(true)
  })
})

describe('a suggestion', () => {
  it('is the nearest name when one is near, also for the beginning of one and for swapped letters', () => {
    expect(suggest('valdiate', ['run', 'validate'])).toBe(' Did you mean "validate"?')
    expect(suggest('op', ['run', 'operations'])).toBe(' Did you mean "operations"?')
    expect(suggest('rnu', ['run', 'validate'])).toBe(' Did you mean "run"?')
    expect(suggest('zzz', ['run', 'validate'])).toBe('')
    expect(suggest('ocr', ['gc', 'run', 'doctor'])).toBe('')
  })
})
