import { digestOf, formatPageId, type Json, type StepDefinition } from '@imagedoc/core'
import { renderPage, scannedPdf } from '@imagedoc/fixtures'
import fc from 'fast-check'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import type { HttpEnv } from '../../src/http/env.ts'
import { createPreviewRoutes } from '../../src/preview/routes.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { appFor, openServer, type TestServer } from '../uploads/support.ts'
import { cutOut, decoded, meanDifference, ran } from './pages.ts'

let server: TestServer
let ana: Caller
let app: Hono<HttpEnv>
let collectionId: string
let page: { path: string; file: Uint8Array }
let scan: { path: string; file: Uint8Array }

/** A third of 900 x 1200. */
const third = { max_pixels: 120_000, format: 'png' } as const

beforeAll(async () => {
  server = await openServer()
  ana = await server.addCaller('ana')
  app = appFor(createPreviewRoutes(server.services), ana)
  collectionId = (await addCollection(server.services, { user_id: ana.userId }))._id
  page = await upload(await (await renderPage({ seed: 1, width: 900, height: 1200 })).png(), 'image/png')
  scan = await upload(await (await renderPage({ seed: 2, width: 3000, height: 4000, dpi: 300, degradation: 'scan' })).png(), 'image/png')
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

async function upload(file: Uint8Array, mediaType: string, pages = 1): Promise<{ path: string; file: Uint8Array }> {
  const original = await server.services.blobs.put('objects', file, { mediaType })
  const { _id } = await addDocument(server.services, { collection_id: collectionId, original, pages })
  return { path: `/documents/${_id}/pages/1/preview`, file }
}

const post = async (path: string, body: unknown, to = app) =>
  to.request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

async function preview(path: string, body: Record<string, unknown>) {
  const response = await post(path, body)
  if (response.status !== 200) throw new Error(await response.text())
  return decoded(new Uint8Array(await response.arrayBuffer()))
}

async function refusal(path: string, body: unknown) {
  const response = await post(path, body)
  return { status: response.status, ...((await response.json()) as { error: { code: string; path?: string; message: string } }).error }
}

const crop = ([left, top, width, height]: [number, number, number, number]): StepDefinition => ({
  use: 'image.crop',
  with: { left, top, width, height },
})
const step = (use: string, params: Record<string, Json> = {}): StepDefinition => ({ use, with: params })

describe('a preview', () => {
  it.each<[string, StepDefinition[], StepDefinition[]]>([
    ['nothing', [], []],
    ['a change of light', [step('image.adjust', { brightness: 1.2 })], [step('image.adjust', { brightness: 1.2 })]],
    ['a blur', [step('image.blur', { sigma: 6 })], [step('image.blur', { sigma: 2 })]],
    ['a blur by default, as small as it may be', [step('image.blur')], [step('image.blur', { sigma: 1 / 3 })]],
    ['a blur that cannot be smaller', [step('image.blur', { sigma: 0.5 })], [step('image.blur', { sigma: 0.3 })]],
    ['a crop in pixels', [crop([90, 120, 600, 900])], [crop([30, 40, 200, 300])]],
    [
      'percentages',
      [step('image.crop', { left: '10%', top: 0, width: '50%', height: '50%' })],
      [step('image.crop', { left: '10%', top: 0, width: '50%', height: '50%' })],
    ],
    [
      'several',
      [step('image.rotate', { angle: 2 }), crop([60, 60, 750, 999]), step('image.sharpen'), step('image.resize', { width: 600 })],
      [
        step('image.rotate', { angle: 2 }),
        crop([20, 20, 250, 333]),
        step('image.sharpen', { sigma: 1 / 3 }),
        step('image.resize', { width: 200 }),
      ],
    ],
  ])('equals the scaled steps on the page that was made smaller first: %s', async (_, steps, scaled) => {
    const smaller = step('image.resize', { width: 300, height: 400, fit: 'fill' })
    const expected = await ran(server.services.interactive, page.file, [smaller, ...scaled])
    const shown = await preview(page.path, { ...third, steps })
    expect({ width: shown.width, height: shown.height }).toEqual({ width: expected.width, height: expected.height })
    expect(meanDifference(shown, expected)).toBe(0)
  })

  it.each<[string, StepDefinition[]]>([
    ['brighter', [step('image.adjust', { brightness: 1.3 })]],
    ['darker', [step('image.adjust', { brightness: 0.6 })]],
    ['more contrast', [step('image.adjust', { contrast: 1.5 })]],
    ['gamma and saturation', [step('image.adjust', { gamma: 0.7, saturation: 1.5 })]],
    ['grey', [step('image.grayscale')]],
    ['a crop', [crop([150, 200, 2700, 3600])]],
    ['a crop in percentages', [step('image.crop', { left: '10%', top: '5%', width: '85%', height: '80%' })]],
    ['a crop to the edges', [crop([333, 777, 2667, 3223])]],
    ['all of them', [crop([300, 400, 2000, 3000]), step('image.grayscale'), step('image.adjust', { brightness: 1.1, contrast: 1.2 })]],
  ])('differs from the real run, made smaller, by 2 grey levels at most on average: %s', async (_, steps) => {
    const shown = await preview(scan.path, { steps, format: 'png' })
    const { width, height } = shown
    const real = await ran(server.services.interactive, scan.file, [...steps, step('image.resize', { width, height, fit: 'fill' })])
    expect(meanDifference(shown, real)).toBeLessThanOrEqual(2)
  })

  it.each<[string, StepDefinition[], Record<string, number>]>([
    ['of the page itself', [], { left: 10, top: 20, width: 300, height: 200 }],
    [
      'after point operations',
      [step('image.grayscale'), step('image.adjust', { contrast: 1.4 })],
      { left: 333, top: 5, width: 301, height: 77 },
    ],
    ['after a crop', [crop([50, 60, 500, 700])], { left: 0, top: 600, width: 500, height: 100 }],
    [
      'after steps that look around',
      [step('image.sharpen', { sigma: 2 }), step('image.blur')],
      { left: 100, top: 100, width: 64, height: 64 },
    ],
    ['of a page that was turned', [step('image.rotate', { angle: 3 })], { left: 400, top: 30, width: 200, height: 90 }],
  ])('an exact region equals that of the real run, pixel for pixel: %s', async (_, steps, region) => {
    const at = region as { left: number; top: number; width: number; height: number }
    const real = await ran(server.services.interactive, page.file, steps.length > 0 ? steps : [crop([0, 0, 900, 1200])])
    const shown = await preview(page.path, { steps, crop: region, format: 'png' })
    expect([shown.width, shown.height]).toEqual([at.width, at.height])
    expect(Buffer.compare(shown.data, cutOut(real, at))).toBe(0)
  })

  it('a crop to the edge of the page is never refused for the pixel that rounding makes', async () => {
    const crops = fc.record({ left: fc.integer({ min: 1, max: 850 }), top: fc.integer({ min: 1, max: 1150 }) })
    await fc.assert(
      fc.asyncProperty(crops, async ({ left, top }) => {
        const [width, height] = [900 - left, 1200 - top]
        const shown = await preview(page.path, {
          steps: [crop([left, top, width, height]), crop([0, 0, width, height])],
          max_pixels: 77_777,
        })
        expect(Math.abs(shown.width / shown.height / (width / height) - 1)).toBeLessThan(0.25)
      }),
      { seed: 20_261_125, numRuns: 25 },
    )
  }, 60_000)

  it('comes at the width and in the format that was asked for, and is never larger than the page', async () => {
    const response = await post(page.path, { width: 450, format: 'webp' })
    expect(response.headers.get('Content-Type')).toBe('image/webp')
    expect(response.headers.get('Cache-Control')).toBe('private, no-store')
    const shown = await decoded(new Uint8Array(await response.arrayBuffer()))
    expect([shown.width, shown.height]).toEqual([450, 600])
    expect((await preview(page.path, { width: 4000 })).width).toBe(900)
  })

  it('shows a page of a PDF', async () => {
    const pages = [await renderPage({ seed: 3, width: 300, height: 400 }), await renderPage({ seed: 4, width: 600, height: 800 })]
    const { path } = await upload(await scannedPdf(pages), 'application/pdf', 2)
    const shown = await preview(path.replace('pages/1', 'pages/2'), { max_pixels: 120_000, steps: [step('image.grayscale')] })
    expect([shown.width, shown.height, shown.channels]).toEqual([300, 400, 1])
  })

  it('begins at the reduced page the second time: neither the original nor its page is read again', async () => {
    await preview(page.path, { ...third, steps: [step('image.adjust', { gamma: 1.01 })] })
    const uses: string[] = []
    const { interactive } = server.services
    const run: typeof interactive.run = (pipeline, inputs, options) =>
      interactive.run(pipeline, inputs, {
        ...options,
        onEvent: (event) => event.type === 'page-done' && uses.push(event.step),
      })
    const watched = appFor(createPreviewRoutes({ ...server.services, interactive: { ...interactive, run } }), ana)
    const response = await post(page.path, { ...third, steps: [step('image.adjust', { gamma: 1.02 })] }, watched)
    expect(response.status).toBe(200)
    expect(uses).toEqual(['preview-result'])
  })

  it('a newer request of the same client ends the older one and stops its work; other clients and documents go on', async () => {
    const statuses: string[] = []
    const { interactive } = server.services
    const run: typeof interactive.run = async (...call) => {
      const result = await interactive.run(...call)
      statuses.push(result.status)
      return result
    }
    const watched = appFor(createPreviewRoutes({ ...server.services, interactive: { ...interactive, run } }), ana)
    const slow = { steps: [step('image.rotate', { angle: 1.5 })], crop: { width: 10, height: 10 } }
    const answers = await Promise.all([
      post(scan.path, { ...slow, client: 'a' }, watched),
      post(scan.path, { ...slow, client: 'b' }, watched),
      post(page.path, { ...slow, client: 'a' }, watched),
      post(scan.path, { ...third, client: 'a' }, watched),
    ])
    expect(answers.map(({ status }) => status)).toEqual([499, 200, 200, 200])
    expect(await answers[0]?.json()).toMatchObject({ error: { code: 'CANCELLED', message: expect.stringContaining('newer request') } })
    // The older one had begun: its run was ended, and no result was made of it.
    expect(statuses.filter((status) => status === 'cancelled')).toHaveLength(1)
    expect(statuses).not.toContain('failed')
  })
})

describe('what a preview does not show is refused with its path', () => {
  it.each<[string, unknown, object]>([
    ['heavy work', { steps: [step('image.grayscale'), step('image.binarize')] }, { code: 'INVALID_REQUEST', path: 'steps[1].use' }],
    ['no image', { steps: [step('document.inspect')] }, { code: 'INVALID_REQUEST', path: 'steps[0].use' }],
    ['no operation', { steps: [step('image.nonsense')] }, { code: 'INVALID_PIPELINE', path: 'steps[0].use' }],
    [
      'a wrong parameter',
      { steps: [step('image.blur'), step('image.blur', { sigma: -1 })] },
      { code: 'INVALID_PIPELINE', path: 'steps[1].with.sigma' },
    ],
    [
      'a crop beside the page',
      { steps: [step('image.blur'), crop([2000, 0, 10, 10])] },
      { code: 'INVALID_PARAMETER', path: 'steps[1].with.left' },
    ],
    [
      'a region beside the result',
      { steps: [step('image.blur')], crop: { left: 2000, width: 10, height: 10 } },
      { code: 'INVALID_PARAMETER', path: 'crop.left' },
    ],
    ['two sizes', { width: 300, max_pixels: 10_000 }, { code: 'INVALID_REQUEST', path: 'crop' }],
    ['too many pixels', { max_pixels: 100_000_000 }, { code: 'INVALID_REQUEST', path: 'max_pixels' }],
    ['an unknown field', { pixels: 1 }, { code: 'INVALID_REQUEST' }],
    ['steps that are none', { steps: 'image.crop' }, { code: 'INVALID_REQUEST', path: 'steps' }],
  ])('%s', async (_, body, expected) => {
    const answer = await refusal(page.path, body)
    expect(answer).toMatchObject(expected)
    expect(answer.status).toBeLessThan(500)
  })

  it('a page that is not there, and a body that is no JSON', async () => {
    expect(await refusal(page.path.replace('pages/1', 'pages/2'), {})).toMatchObject({ code: 'NOT_FOUND', path: 'number' })
    const response = await app.request(page.path, { method: 'POST', body: '{' })
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('a damaged page is told as such, without a step of the request', async () => {
    const { path } = await upload(page.file.slice(0, 4000), 'image/png')
    const { code, path: at } = await refusal(path, { steps: [step('image.grayscale')] })
    expect([code, at]).toEqual(['CORRUPT_INPUT', undefined])
  })

  it('any value in the place of any field is refused or harmless', async () => {
    const nasty = fc.oneof(
      fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as unknown),
      fc.constantFrom<unknown>(
        { $gt: '' },
        [[]],
        '../../etc/passwd',
        '\u0000',
        'x'.repeat(100_000),
        Number.MAX_SAFE_INTEGER,
        -1,
        1e308,
        null,
      ),
    )
    const field = fc.constantFrom('steps', 'max_pixels', 'width', 'crop', 'format', 'client', '__proto__')
    const inStep = fc.constantFrom('use', 'with', 'from', 'id', 'engine', 'onError', 'timeoutMs', 'cache')
    const whole = fc.tuple(field, nasty).map(([name, value]) => JSON.stringify({ [name]: value }))
    const inside = fc.tuple(inStep, nasty).map(([name, value]) => JSON.stringify({ steps: [{ use: 'image.grayscale', [name]: value }] }))
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, inside), async (body) => {
        const response = await app.request(page.path, { method: 'POST', body })
        const text = await response.text()
        expect(response.status, `${body.slice(0, 200)} ${text.slice(0, 200)}`).toBeLessThan(500)
      }),
      { seed: 20_261_125, numRuns: 120 },
    )
  }, 60_000)
})

describe('a preview of steps that do otherwise on some pages', () => {
  const dark = { brightness: 0.5 }
  const adjust = (perPage: StepDefinition['perPage']): StepDefinition => ({ use: 'image.adjust', with: { brightness: 1.2 }, perPage })
  const bytesOf = async (path: string, steps: StepDefinition[], more: object = third) => {
    const response = await post(path, { ...more, steps })
    if (response.status !== 200) throw new Error(await response.text())
    return Buffer.from(await response.arrayBuffer())
  }

  const idOf = (file: Uint8Array): string => formatPageId({ source: digestOf(file), page: 0, part: [], copy: 0 })
  it.each<[string, StepDefinition['perPage'] | (() => StepDefinition['perPage']), StepDefinition[]]>([
    ['its number', [{ pages: '1', with: dark }], [step('image.adjust', dark)]],
    ['its id', () => [{ pages: idOf(page.file), with: dark }], [step('image.adjust', dark)]],
    ['another page', [{ pages: '2,-1', with: dark }], [step('image.adjust', { brightness: 1.2 })]],
    ['skip', [{ pages: 'odd', skip: true }], []],
  ])('shows what a run would do on this page: by %s', async (_, given, expected) => {
    const perPage = typeof given === 'function' ? given() : given
    const { path } = await upload(page.file, 'image/png', 3)
    expect(await bytesOf(path, [adjust(perPage)])).toEqual(await bytesOf(path, expected))
    const exact = { crop: { left: 0, top: 0, width: 50, height: 40 }, format: 'png' }
    expect(await bytesOf(path, [adjust(perPage)], exact)).toEqual(await bytesOf(path, expected, exact))
  })

  it('is refused with the place of what is wrong', async () => {
    const wrong = await refusal(page.path, { steps: [adjust([{ pages: '1', with: { brightnes: 1 } }])] })
    expect(wrong).toMatchObject({ code: 'INVALID_PIPELINE', message: expect.stringContaining('steps[0].perPage[0].with.brightnes') })
  })
})
