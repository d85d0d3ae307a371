import type { Limits } from '@imagedoc/core'

/** One variable of the environment that the command reads. Help, the doctor and `docs/configuration.md` are made from the list. */
export interface CommandVariable {
  readonly name: string
  /** In words; ends the sentence "Default: ...". */
  readonly default: string
  readonly meaning: string
  /** The option of a default plugin that it sets. */
  readonly option?: string
  /** The limit of `createImageDoc` that it sets. */
  readonly limit?: keyof Limits
}

/** Every variable of the command. Those of the server are `serverVariables` of `@imagedoc/server`. Data only: help reads it. */
export const commandVariables = [
  {
    name: 'IMAGEDOC_CACHE_DIR',
    default: "imagedoc in the system's cache folder (~/.cache/imagedoc)",
    meaning: 'Folder of the result cache.',
  },
  { name: 'IMAGEDOC_CACHE_MAX_BYTES', default: '10GiB', meaning: 'Bound of that folder in bytes, or with a unit: 500MB, 20GB.' },
  {
    name: 'IMAGEDOC_REDIS_CACHE_URL',
    default: 'IMAGEDOC_REDIS_URL',
    meaning: 'redis:// or rediss:// address of a result cache that is shared with others; the larger results stay in the folder.',
  },
  { name: 'IMAGEDOC_REDIS_URL', default: 'none', meaning: 'Redis or Valkey for everything that has no address of its own.' },
  {
    name: 'IMAGEDOC_TESSDATA',
    default: 'none',
    meaning: 'Folder with further languages for OCR (NAME.traineddata or .traineddata.gz).',
    option: 'dataPath',
  },
  { name: 'IMAGEDOC_TESSERACT', default: 'tesseract on the PATH', meaning: 'The native tesseract program.', option: 'tesseractPath' },
  { name: 'IMAGEDOC_DEEPL_AUTH_KEY', default: 'DEEPL_AUTH_KEY', meaning: 'Key for translations by DeepL.', option: 'deepl.authKey' },
  { name: 'DEEPL_AUTH_KEY', default: 'none', meaning: "DeepL's own variable for its key." },
  { name: 'IMAGEDOC_MAX_PIXELS', default: '100MP', meaning: 'Pixels of one image, decoded or made.', limit: 'pixels' },
  { name: 'IMAGEDOC_MAX_FILE', default: '2GiB', meaning: 'Bytes of one input file.', limit: 'bytes' },
  { name: 'IMAGEDOC_MAX_PAGES', default: '5000', meaning: 'Pages of one document, and of what a step makes of it.', limit: 'pages' },
  {
    name: 'IMAGEDOC_MAX_STEP_TIME',
    default: '120s',
    meaning: 'How long one step may take on one page, where the step has no `timeoutMs`.',
    limit: 'timeoutMs',
  },
  {
    name: 'IMAGEDOC_MAX_RUN_TIME',
    default: 'none',
    meaning: 'How much computing one run may take, all of its steps and pages together; then it fails with RUN_TOO_LONG.',
    limit: 'runMs',
  },
  {
    name: 'IMAGEDOC_MAX_MEMORY',
    default: '2GiB',
    meaning: 'Memory of one child process in which pages are worked on; in a thread, of its JavaScript objects alone.',
    limit: 'memoryBytes',
  },
  {
    name: 'IMAGEDOC_TOKEN',
    default: "the login's, see imagedoc login",
    meaning: 'Session token or API key for a server; it is sent to whichever server the command names.',
  },
  { name: 'IMAGEDOC_DEBUG', default: 'not set', meaning: 'Set to anything: faults, and what plugins throw, are shown with their stack.' },
  { name: 'NO_COLOR', default: 'not set', meaning: 'Set to anything: no colours.' },
] as const satisfies readonly CommandVariable[]

export type CommandVariableName = (typeof commandVariables)[number]['name']
