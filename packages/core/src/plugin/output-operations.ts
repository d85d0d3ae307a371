import { z } from 'zod'
import { extensionOf } from '../artifact/media-type.ts'
import { type AnyOperation, defineOperation } from '../operation/operation.ts'
import { encoded, image } from '../operation/port.ts'
import type { Codec } from './codec.ts'
import { API_VERSION, type Plugin } from './plugin.ts'

/**
 * The operations that write an image output in the format of its name: nothing but a port that wants a file, so that conversion, key and
 * cache are those of any other step. They belong to no plugin and are no part of a pipeline definition.
 */
export function outputOperations(codecs: readonly Codec[]): Plugin {
  const mediaTypes = new Set(codecs.flatMap((codec) => codec.mediaTypes.encode))
  const operations = [...mediaTypes].map(outputOperation)
  return {
    name: OUTPUTS,
    version: '1',
    apiVersion: API_VERSION,
    module: undefined,
    publicOptions: undefined,
    operations,
    kinds: [],
    codecs: [],
  }
}

/** Name of the operation that writes images of this type. */
export function outputOperationName(mediaType: string): string {
  return `output.${extensionOf(mediaType) ?? mediaType.replaceAll(/[^a-z0-9]/g, '-')}`
}

/** True for the owner of the output operations, which are no steps that a person writes. */
export function isInternal(plugin: Plugin): boolean {
  return plugin.name === OUTPUTS
}

const OUTPUTS = '@imagedoc/core/outputs'

function outputOperation(mediaType: string): AnyOperation {
  const file = encoded(image, [mediaType])
  return defineOperation({
    name: outputOperationName(mediaType),
    version: 1,
    summary: `Write the image as ${mediaType}.`,
    input: file,
    output: file,
    params: z.strictObject({}),
    // What takes time here is the codec's work, and the codec says for itself whether it yields.
    traits: { blocking: false },
    run: ({ input }) => ({ output: input }),
  })
}
