import { describe, expect, it } from 'vitest'
import { isFileOf, outputFile } from '../../src/outputs/output-files.ts'

describe('the file of an output', () => {
  it('is its name, numbered from 1 with four digits in a sequence', () => {
    expect([
      outputFile('a.png'),
      outputFile('a.png', 0),
      outputFile('a.b.png', 11),
      outputFile('a', 2),
      outputFile('a.png', 12_344),
    ]).toEqual(['a.png', 'a-0001.png', 'a.b-0012.png', 'a-0003', 'a-12345.png'])
  })

  it('is known again', () => {
    expect(['a.png', 'a-0001.png', 'a-12345.png'].every((file) => isFileOf(file, 'a.png'))).toBe(true)
    expect(['ab.png', 'a-1.png', 'a-0001.jpg', 'a-x001.png', 'a-.png'].some((file) => isFileOf(file, 'a.png'))).toBe(false)
  })
})
