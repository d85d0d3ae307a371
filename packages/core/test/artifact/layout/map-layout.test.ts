import { describe, expect, it } from 'vitest'
import { createLayout, identity, linesOf, type Matrix, mapLayout, scaling, translation } from '../../../src/index.ts'
import { fullLayout } from './full-layout.ts'

const page = { width: 800, height: 1000, density: 300 }
/** A quarter turn clockwise of a page that is 800 high: the top left corner becomes the top right one. */
const quarter: Matrix = [0, -1, 800, 1, 0, 0, 0, 0, 1]
const box = [10, 20, 110, 60] as const
const plain = createLayout({
  width: 1000,
  height: 800,
  density: 300,
  blocks: [{ kind: 'paragraph', box, polygon: [10, 20, 110, 20, 110, 60], lines: [{ box, baseline: [10, 52, 110, 54], text: 'a' }] }],
})

describe('mapLayout', () => {
  it('maps every box, outline and base line, whatever it is in', () => {
    const moved = mapLayout(fullLayout, translation(5, -3), page)
    const numbers = (value: unknown): string[] => JSON.stringify(value).match(/"(box|polygon|baseline)":\[[^\]]*\]/g) ?? []
    const shifted = numbers(fullLayout).map((text) =>
      text.replace(/\[.*\]/, (list) => JSON.stringify((JSON.parse(list) as number[]).map((n, i) => n + (i % 2 ? -3 : 5)))),
    )
    expect(shifted.length).toBeGreaterThan(40)
    expect(numbers(moved)).toEqual(shifted)
    const bare = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (name, inner) => (/^(box|polygon|baseline)$/.test(name) ? undefined : inner)))
    expect(bare(moved)).toEqual(bare({ ...fullLayout, width: 800, height: 1000 }))
  })

  it('turns the angle of the text with the page', () => {
    const turned = mapLayout(plain, quarter, page)
    expect(turned).toMatchObject({ ...page, angle: 90, blocks: [{ box: [740, 10, 780, 110], lines: [{ baseline: [748, 10, 746, 110] }] }] })
    expect(mapLayout({ ...plain, angle: 180 }, quarter, page).angle).toBe(-90)
    const own = mapLayout({ ...plain, blocks: plain.blocks.map((block) => ({ ...block, angle: -90 })) }, quarter, page)
    expect(own.blocks[0]).toMatchObject({ angle: 0 })
  })

  it('says nothing of an angle where there is none', () => {
    for (const matrix of [identity, scaling(0.5, 0.5), translation(3, 4)])
      expect(mapLayout(plain, matrix, page)).not.toHaveProperty('angle')
    const there = mapLayout(plain, quarter, page)
    const back = mapLayout(there, [0, 1, 0, -1, 0, 800, 0, 0, 1], plain)
    expect(back).toEqual(plain)
  })

  it('maps by a homography point by point', () => {
    const matrix: Matrix = [1, 0, 0, 0, 1, 0, 0.001, 0, 1]
    const [line] = linesOf(mapLayout(plain, matrix, page).blocks[0]!)
    expect(line?.baseline?.map((value) => Math.round(value * 100) / 100)).toEqual([9.9, 51.49, 99.1, 48.65])
  })
})
