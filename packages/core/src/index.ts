// The contract: what a plugin, an application and a driver need. Subpaths: ./testing (contract suites), ./drivers/redis.

export type { Artifact, Origin, OriginalSize, Properties } from './artifact/artifact.ts'
export type { Diagnostic } from './artifact/diagnostic.ts'
export { createDigester, type Descriptor, type Digest, digestOf, isDigest } from './artifact/digest.ts'
export { bytesOf, type FileBytes, fileOf } from './artifact/file-bytes.ts'
export { releaseBytes } from './artifact/fresh-bytes.ts'
export {
  type AnyKind,
  assertPixels,
  defineKind,
  type Encoded,
  type EncodedImage,
  type ImageMeta,
  isBilevel,
  isPixels,
  type Kind,
  PIXELS_MEDIA_TYPE,
  type Pixels,
  type Text,
} from './artifact/kind.ts'
export { createLayout, type LayoutDraft } from './artifact/layout/create-layout.ts'
export type {
  Alternative,
  Block,
  Direction,
  Hand,
  HeadingBlock,
  Layout,
  Line,
  LineTraits,
  ListBlock,
  ListItem,
  PictureBlock,
  Placed,
  SeparatorBlock,
  TableBlock,
  TableCell,
  TableRow,
  TextBlock,
  TextStyle,
  TextTraits,
  Word,
  WritingMode,
} from './artifact/layout/layout.ts'
export { linesOf, lineText, passagesOf, placedWords } from './artifact/layout/lines.ts'
export { mapLayout } from './artifact/layout/map-layout.ts'
export { parseLayout } from './artifact/layout/parse-layout.ts'
export { type LimitVariable, limitVariables, readLimits } from './artifact/limit-variables.ts'
export { defaultLimits, type Limits, nameLimits, raiseLimit } from './artifact/limits.ts'
export {
  type Box,
  compose,
  identity,
  invert,
  type Matrix,
  mapBox,
  mapPoint,
  mapPolygon,
  type Point,
  scaling,
  translation,
} from './artifact/matrix.ts'
export { extensionOf, mediaTypeOfName, SNIFF_BYTES, sniff } from './artifact/media-type.ts'
export { formatPageId, type PageId, type PageName, parsePageId } from './artifact/page-id.ts'
export type { PagePlace } from './artifact/page-selection.ts'
export { parseBytes } from './artifact/quantity.ts'
export { typeInWords } from './artifact/refused-types.ts'
export { type Sequence, sequenceOf } from './artifact/sequence.ts'
export { fromBytes, fromFile, fromStream, type Inputs, type Source } from './artifact/source.ts'
export { type Config, defineConfig } from './config.ts'
export { createFileBlobStore } from './drivers/file-blob-store.ts'
export { createFileResultCache } from './drivers/file-result-cache.ts'
export { createMemoryResultCache } from './drivers/memory-result-cache.ts'
export { createTieredResultCache } from './drivers/tiered-result-cache.ts'
export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './errors/codes.ts'
export { isDiskFull } from './errors/disk-full.ts'
export {
  abortError,
  ImageDocError,
  isImageDocError,
  type Json,
  type SerialisedError,
  throwIfAborted,
  toImageDocError,
} from './errors/error.ts'
export { traceOf } from './errors/trace.ts'
export type { RunEvent, RunStatus } from './execute/events.ts'
export type { ExplainedStep, ExplainedVariant, Explanation } from './execute/explain.ts'
export type { StepFailure } from './execute/failure.ts'
export type { Output, OutputEntry } from './execute/outputs.ts'
export type { Receipt, ReceiptOutput, ReceiptStep, ReceiptVariant } from './execute/receipt.ts'
export type { ReplayResult } from './execute/replay.ts'
export type { RunOptions, RunResult } from './execute/run.ts'
export type { PageRequest } from './execute/run-page.ts'
export {
  type CacheOutcome,
  cacheOutcome,
  initialRunState,
  type PageCounts,
  type RunState,
  reduceRun,
  type StepState,
} from './execute/run-state.ts'
export { type AnyPipeline, createImageDoc, type ImageDoc, type ImageDocOptions } from './imagedoc.ts'
export { canonicalJson } from './key/canonical-json.ts'
export type { Context } from './operation/context.ts'
export type { Availability, Engine } from './operation/engine.ts'
export {
  type AnyOperation,
  type ArrangeCall,
  type Call,
  defineArrangement,
  defineOperation,
  type Operation,
  type PageRef,
  type Result,
  type Traits,
} from './operation/operation.ts'
export { type PageItemExtra, pageItem, pageItemExtra } from './operation/page-item.ts'
export { type PagedImage, pagedImage } from './operation/paged-image.ts'
export {
  data,
  encoded,
  type FileRule,
  image,
  isPort,
  kindsOf,
  layout,
  many,
  namedPorts,
  type OptionalPort,
  oneOf,
  optional,
  type Port,
  type Ports,
  paged,
  pdf,
  portInWords,
  portOf,
  text,
  type ValueOf,
} from './operation/port.ts'
export { angle, colour, type Length, length, parseColour, pixels, type Span, toPixels, toSpan } from './operation/units.ts'
export type { Builder, EmptyBuilder } from './pipeline/builder.ts'
export type { PerPageEntry, PipelineDefinition, StepDefinition } from './pipeline/definition.ts'
export { pipelineJsonSchema } from './pipeline/json-schema.ts'
export type { OperationInfo, PortInfo } from './pipeline/operation-info.ts'
export { stepForPage } from './pipeline/per-page.ts'
export type { Problem } from './pipeline/problem.ts'
export type { KeepStep } from './plan/plan.ts'
export type { Codec, CodecInput, ImageProbe, ProbeOptions } from './plugin/codec.ts'
export type { PageOperation } from './plugin/page-operations.ts'
export { API_VERSION, definePlugin, type Plugin, type PluginDefinition } from './plugin/plugin.ts'
export type { BlobNamespace, BlobStore } from './ports/blob-store.ts'
export type { EventBus } from './ports/event-bus.ts'
export type { Job, JobHandler, JobQueue } from './ports/job-queue.ts'
export type { Lock } from './ports/lock.ts'
export type {
  IndexDefinition,
  IndexValue,
  ListQuery,
  MetadataStore,
  RowPage,
  Stored,
  Table,
  TableDefinition,
} from './ports/metadata-store.ts'
export {
  type Hop,
  INLINE_BYTES,
  isResultRecord,
  type KeptDiagnostic,
  type Lease,
  type ResultCache,
  type ResultRecord,
  type StoredAlias,
  type StoredArtifact,
  type StoredItems,
} from './ports/result-cache.ts'
export type { PageOutcome, PageRecord, PageWork, RunPages } from './ports/run-pages.ts'
export type {
  OpenExpansion,
  Payload,
  SegmentCall,
  SegmentHooks,
  SegmentResult,
  SegmentStep,
  SegmentValue,
  StepRunner,
} from './ports/step-runner.ts'
export { type Components, eraseComponents, findComponents } from './scale/components.ts'
export { type Scale, scaleOf } from './scale/scale.ts'
