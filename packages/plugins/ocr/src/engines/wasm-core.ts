import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { relaxedSimd, simd } from 'wasm-feature-detect'

const require = createRequire(import.meta.url)

/** The part of the global that we use: Node's types leave it to the DOM's, which this package does without. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    compile(bytes: Uint8Array): Promise<Code>
    Instance: new (code: Code, imports: object) => Instance
    Memory: new () => Memory
  }
}
type Code = object
interface Instance {
  readonly exports: Readonly<Record<string, unknown>>
}
interface Memory {
  readonly buffer: ArrayBuffer
}

/** What we use of Tesseract's C++ API, as Emscripten binds it. */
export interface TessApi {
  /** 0, or -1 when the data cannot be used. `mode` 1 is LSTM only. */
  Init(folder: null, languages: string, mode: number): number
  SetVariable(name: string, value: string): boolean
  SetImage(address: number, width: number, height: number, bytesPerPixel: number, bytesPerLine: number): void
  Recognize(monitor: null): number
  GetHOCRText(page: number): string
  Clear(): void
  End(): void
}

interface CoreModule {
  TessBaseAPI: new () => TessApi
  FS: { writeFile(path: string, bytes: Uint8Array): void; unlink(path: string): void }
  destroy(object: unknown): void
  _malloc(size: number): number
  _free(address: number): void
}
type CoreFactory = (settings: object) => Promise<CoreModule>

/** One instance of the WebAssembly build, with its own memory. */
export interface WasmCore extends CoreModule {
  readonly memory: Memory
  /** What Tesseract has printed since the last call. */
  takeMessages(): string
  /** Called with 0 to 1 while a page is read. */
  onProgress: (done: number) => void
}

/** Version of the package `tesseract.js-core`. */
export const coreVersion: string = (require('tesseract.js-core/package.json') as { version: string }).version

/** The build that this machine runs, the fastest first. The builds round differently, so it counts in the engine's fingerprint. */
export async function coreBuild(): Promise<string> {
  const instructions = (await relaxedSimd()) ? '-relaxedsimd' : (await simd()) ? '-simd' : ''
  return `tesseract-core${instructions}-lstm`
}

let compiled: Promise<Code> | undefined

/** Makes an instance; the code is compiled once a thread, from the file of the package. */
export async function loadCore(): Promise<WasmCore> {
  const build = await coreBuild()
  compiled ??= readFile(require.resolve(`tesseract.js-core/${build}.wasm`)).then((bytes) => WebAssembly.compile(bytes))
  const code = await compiled
  const messages: string[] = []
  const own = {
    memory: undefined as Memory | undefined,
    takeMessages: () => messages.splice(0).join('\n'),
    onProgress: (_done: number) => {},
  }
  const keep = (line: string) => void (messages.length < 200 && messages.push(line))
  const core = await (require(`tesseract.js-core/${build}`) as CoreFactory)({
    print: keep,
    printErr: keep,
    TesseractProgress: (percent: number) => own.onProgress(percent / 100),
    instantiateWasm(imports: object, done: (instance: Instance, code: Code) => void) {
      const instance = new WebAssembly.Instance(code, imports)
      // The build exports its memory under a shortened name, and its glue does not hand it on.
      own.memory = Object.values(instance.exports).find((value): value is Memory => value instanceof WebAssembly.Memory)
      done(instance, code)
      return instance.exports
    },
  })
  return Object.assign(own, core) as WasmCore
}
