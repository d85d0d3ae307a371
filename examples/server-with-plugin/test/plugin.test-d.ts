import { expectTypeOf, it } from 'vitest'
import { connect } from '../src/save-frames.ts'

const client = connect('http://127.0.0.1:8420', 'token')

it('completes the operations of the server’s plugins, and no others', () => {
  type Use = Parameters<ReturnType<typeof client.pipeline>['step']>[0]
  expectTypeOf<'example.frame'>().toExtend<Use>()
  expectTypeOf<'image.grayscale'>().toExtend<Use>()
  // @ts-expect-error the server has no plugin for OCR
  client.pipeline().step('ocr.recognize')
})

it('types the parameters of a stranger’s operation', () => {
  client.pipeline().step('example.frame', { width: 12 })
  // @ts-expect-error the width is a number
  client.pipeline().step('example.frame', { width: 'wide' })
  // @ts-expect-error the parameter is called width
  client.pipeline().step('example.frame', { widht: 12 })
})
