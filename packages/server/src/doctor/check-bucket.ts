import { createS3Connection, type S3Options } from '../drivers/s3/connection.ts'
import { probeBucket } from '../drivers/s3/probe.ts'
import { inMs, type ServerCheck } from './server-check.ts'

/** Writes, reads, lists and deletes an object of its own. */
export async function checkBucket(options: S3Options): Promise<ServerCheck> {
  const name = 'IMAGEDOC_S3_BUCKET'
  await using connection = createS3Connection(options)
  const { server, latencyMs, refused } = await probeBucket(connection)
  const who = server ?? 'a server that does not say its name'
  const reasons = [...new Set(Object.values(refused))]
  if (reasons.length === 0)
    return { name, status: 'ok', message: `${who}, ${inMs(latencyMs)}, objects can be put, got, listed and deleted` }
  const whatFor = (why: string): string[] => Object.entries(refused).flatMap(([what, reason]) => (reason === why ? [what] : []))
  const message = reasons.map((why) => `${whatFor(why).join(', ')}: ${why}`).join('; ')
  const remedy = 'Check IMAGEDOC_S3_ENDPOINT, _REGION, _ACCESS_KEY and _SECRET_KEY, that the bucket exists, and what the key permits.'
  return { name, status: 'wrong', message, remedy }
}
