import { describe, expect, it } from 'vitest'
import { createGrowth } from '../../src/pdfium/growth.ts'

const MiB = 16

function memoryOf(capacity = Number.POSITIVE_INFINITY) {
  const memory = {
    pages: 0,
    grow(pages: number): number {
      if (memory.pages + pages > capacity) throw new RangeError('Maximum memory size exceeded')
      memory.pages += pages
      return memory.pages - pages
    },
  }
  return { memory, growth: createGrowth(memory) }
}

const inSteps = (memory: { grow(pages: number): number }, size: number) => () => {
  for (let done = 0; done < size; done += 64) memory.grow(64 * MiB)
}

describe('the growth of the memory', () => {
  it('is bounded for the small things of one page, and begins anew with the next', () => {
    const { memory, growth } = memoryOf()
    growth.watch(() => 0, inSteps(memory, 256))
    expect(growth.refused).toBeUndefined()
    expect(() => growth.watch(() => 0, inSteps(memory, 320))).toThrow('more than 256 MiB')
    expect(growth.refused).toMatch(/forms may draw themselves/)
    growth.watch(() => 0, inSteps(memory, 64))
    expect(growth.refused).toBeUndefined()
  })

  it('is not bounded for a large block, nor where no page is read', () => {
    const { memory, growth } = memoryOf()
    growth.watch(
      () => 0,
      () => memory.grow(1024 * MiB),
    )
    inSteps(memory, 1024)()
    expect(memory.pages).toBe(2048 * MiB)
  })

  it('may be more for a page that is larger in the file', () => {
    const { memory, growth } = memoryOf()
    growth.watch(() => 2 * 1024 ** 2, inSteps(memory, 1024))
    expect(memory.pages).toBe(1024 * MiB)
  })

  it('says that the memory is at its limit only when no smaller step helped', () => {
    const { memory, growth } = memoryOf(64 * MiB)
    expect(() => memory.grow(65 * MiB)).toThrow('Maximum')
    memory.grow(MiB)
    expect(growth.refused).toBeUndefined()
    growth.hear('Cannot enlarge memory, requested 3000000000 bytes, but the limit is 2147483648 bytes!')
    expect(growth.refused).toMatch(/at its limit; lower "dpi"/)
  })
})
