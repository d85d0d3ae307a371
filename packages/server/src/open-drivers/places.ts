import type { ServerSettings } from '../settings/settings.ts'
import { cacheUrlOf } from './results.ts'

/** False when database, blobs and result cache are all elsewhere. */
export function usesDataFolder(settings: ServerSettings): boolean {
  return settings.mongodbUrl === undefined || settings.s3Bucket === undefined || cacheUrlOf(settings) === undefined
}

/** Where rows and blobs are, in words without an address. */
export function placesOf({ mongodbUrl, s3Bucket, dataFolder }: ServerSettings): readonly string[] {
  const rows = mongodbUrl === undefined ? dataFolder : 'MongoDB'
  const blobs = s3Bucket === undefined ? dataFolder : `the bucket ${s3Bucket}`
  return [...new Set([rows, blobs])]
}
