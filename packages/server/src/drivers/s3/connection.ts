import type { S3, S3ClientConfig } from '@aws-sdk/client-s3'
import { ImageDocError } from '@imagedoc/core'

/** Where an S3 bucket is, and how to get in. */
export interface S3Options {
  readonly bucket: string
  /** For servers other than AWS: their address, for example `http://127.0.0.1:9000`. @default that of AWS in `region` */
  readonly endpoint?: string | undefined
  /** @default us-east-1, which servers other than AWS take */
  readonly region?: string | undefined
  /** Without it, what the AWS SDK finds: its variables, its files, the machine's role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** Put before every key, so that a bucket can be shared: `archive/`. @default none */
  readonly prefix?: string | undefined
  /** So long a connection may be silent before it is given up, in ms. @default 30000 */
  readonly timeoutMs?: number | undefined
  /** Address under which browsers reach the server, where it is another one: presigned links are made for it. @default `endpoint` */
  readonly downloadEndpoint?: string | undefined
}

/** A bucket, for the drivers that share it. The SDK is loaded with the first call. */
export interface S3Connection extends AsyncDisposable {
  readonly bucket: string
  /** The whole key of a path in this bucket. */
  key(path: string): string
  client(): Promise<S3>
  /** One that signs for the address which browsers reach. */
  signer(): Promise<S3>
  /** What the server called itself in its last answer. */
  readonly server: string | undefined
}

/** AWS's SDK waits half a second on average before each further attempt. */
const ATTEMPTS = 3
const CONNECT_MS = 3000
/** Every reader that is not at its end holds one. */
const MAX_SOCKETS = 256

/** Keys are then the same in a path, in a header and in a signature; `.` and `..` are steps in a path. */
const prefixes = /^(?:(?!\.{1,2}\/)[\w.-]+\/)*$/

/**
 * A bucket for the drivers that share it. It is not reached before the first call: `assertBucket` says at the start what is wrong.
 * @throws INVALID_CONFIG for a prefix that is none
 * @example
 * const connection = createS3Connection({ bucket: 'archive', region: 'eu-west-1' })
 * await assertBucket(connection)
 * await using server = await createServer({ drivers: { blobs: createS3BlobStore(connection) } })
 */
export function createS3Connection(options: S3Options): S3Connection {
  const { bucket, prefix = '', endpoint, downloadEndpoint = endpoint } = options
  if (!prefixes.test(prefix)) {
    throw new ImageDocError(
      'INVALID_CONFIG',
      'IMAGEDOC_S3_PREFIX must end with "/" and consist of letters, digits, ".", "_", "-" and "/", without "." and ".." between two of these.',
    )
  }
  let server: string | undefined
  const observe = (name: string | undefined): void => {
    server = name ?? server
  }
  const client = once(() => open(options, endpoint, observe))
  const signer = downloadEndpoint === endpoint ? client : once(() => open(options, downloadEndpoint, observe))
  return {
    bucket,
    key: (path) => prefix + path,
    client: client.get,
    signer: signer.get,
    get server() {
      return server
    },
    async [Symbol.asyncDispose]() {
      for (const opened of new Set([client, signer])) (await opened.made())?.destroy()
    },
  }
}

async function open(options: S3Options, endpoint: string | undefined, observe: (server: string | undefined) => void): Promise<S3> {
  const { S3 } = await import('@aws-sdk/client-s3')
  const client = new S3(configOf(options, endpoint))
  client.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request)
      observe((answer.response as { headers?: Record<string, string> } | undefined)?.headers?.['server'])
      return answer
    },
    // Next to the wire: before it is known whether the answer is an error.
    { step: 'deserialize', priority: 'low' },
  )
  return client
}

function configOf({ region = 'us-east-1', credentials, timeoutMs = 30_000 }: S3Options, endpoint: string | undefined): S3ClientConfig {
  const agent = { maxSockets: MAX_SOCKETS, keepAlive: true }
  return {
    region,
    maxAttempts: ATTEMPTS,
    // By default the SDK sends streams in a framing with checksums that some servers store as if it were content, and signs links with the
    // checksum of no bytes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: timeoutMs, httpAgent: agent, httpsAgent: agent },
    ...(credentials && { credentials }),
    // A bucket as a part of the host's name needs DNS for it, which only AWS is sure to have.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  }
}

/** A call that failed is made anew the next time. */
function once<Value>(make: () => Promise<Value>): { get(): Promise<Value>; made(): Promise<Value | undefined> } {
  let value: Promise<Value> | undefined
  return {
    get() {
      value ??= make().catch((error: unknown) => {
        value = undefined
        throw error
      })
      return value
    },
    made: async () => value,
  }
}
