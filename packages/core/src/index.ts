// The contract: what a plugin, an application and a driver need. Subpaths: ./testing (contract suites), ./drivers/redis.

export type { Artifact, Origin, Properties } from './artifact/artifact.ts'
export type { Diagnostic } from './artifact/diagnostic.ts'
export { createDigester, type Descriptor, type Digest, digestOf, isDigest } from './artifact/digest.ts'
export {
  type AnyKind,
  assertPixels,
  defineKind,
  type Encoded,
  type EncodedImage,
  type ImageMeta,
  isPixels,
  type Kind,
  PIXELS_MEDIA_TYPE,
  type Pixels,
  type Text,
} from './artifact/kind.ts'
export { type Block, type Layout, type Line, layoutSchema, type Word } from './artifact/layout.ts'
export { defaultLimits, type Limits } from './artifact/limits.ts'
export { type Box, compose, identity, invert, type Matrix, mapBox, mapPoint, mapPolygon, type Point, scaling, translation } from './artifact/matrix.ts'
export { extensionOf, mediaTypeOfName, SNIFF_BYTES, sniff } from './artifact/media-type.ts'
export { formatPageId, type PageId, parsePageId } from './artifact/page-id.ts'
export { type Sequence, sequenceOf } from './artifact/sequence.ts'
export { fromBytes, fromFile, fromStream, type Inputs, type Source } from './artifact/source.ts'
export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './errors/codes.ts'
export { abortError, ImageDocError, isImageDocError, type Json, type SerialisedError, throwIfAborted, toImageDocError } from './errors/error.ts'
export type { Context } from './operation/context.ts'
export type { Availability, Engine } from './operation/engine.ts'
export { type AnyOperation, type Call, defineOperation, type Operation, type Result, type Traits } from './operation/operation.ts'
export {
  data,
  encoded,
  image,
  isPort,
  kindsOf,
  layout,
  many,
  namedPorts,
  oneOf,
  type Port,
  type Ports,
  paged,
  pdf,
  portInWords,
  portOf,
  text,
  type ValueOf,
} from './operation/port.ts'
export { type PageItemExtra, pageItem } from './operation/page-item.ts'
export { angle, colour, type Length, length, parseColour, pixels, toPixels } from './operation/units.ts'
export type { Codec, ImageProbe } from './plugin/codec.ts'
export { API_VERSION, definePlugin, type Plugin, type PluginDefinition } from './plugin/plugin.ts'
export type { BlobNamespace, BlobStore } from './ports/blob-store.ts'
export {
  INLINE_BYTES,
  isResultRecord,
  type Lease,
  type ResultCache,
  type ResultRecord,
  type StoredAlias,
  type StoredArtifact,
  type StoredItems,
} from './ports/result-cache.ts'
