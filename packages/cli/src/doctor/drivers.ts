import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { ResultCache } from '@imagedoc/core'
import { openDrivers } from '../configuration/drivers.ts'
import type { Environment } from '../configuration/environment.ts'
import { environmentFor, type OpenOptions } from '../configuration/open-image-doc.ts'
import { makeFolder } from '../outputs/make-folder.ts'
import { bytesInWords } from '../report/bytes-in-words.ts'
import type { Check } from './check.ts'
import { messageOf } from './surroundings.ts'

/** The result cache's folder and, where one is configured, Redis with how fast it answers. */
export async function checkDrivers(options: OpenOptions): Promise<Check[]> {
  let environment: Environment
  try {
    environment = environmentFor(options)
  } catch {
    // What is wrong with the variables was said already.
    return []
  }
  const folder = await checkFolder(environment.cacheDir)
  if (folder.status === 'wrong') return [folder]
  return [folder, await checkCache(environment)]
}

async function checkFolder(path: string): Promise<Check> {
  const check = { area: 'drivers' as const, name: 'cache folder' }
  try {
    await makeFolder(path)
    await access(path, constants.W_OK)
    return { ...check, status: 'ok', message: `${path} can be written` }
  } catch (error) {
    const message = `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`
    return { ...check, status: 'wrong', message, remedy: 'Choose another with IMAGEDOC_CACHE_DIR or --cache.' }
  }
}

async function checkCache(environment: Environment): Promise<Check> {
  const { cache, blobs, description } = await openDrivers(environment)
  try {
    const { entries, bytes } = await cache.stats()
    const latency = environment.redisCacheUrl === undefined ? '' : `, answers in ${await latencyOf(cache)} ms`
    return {
      area: 'drivers',
      name: 'result cache',
      status: 'ok',
      message: `${description}: ${entries} results, ${bytesInWords(bytes)}${latency}`,
    }
  } catch (error) {
    const remedy = 'Check the server and IMAGEDOC_REDIS_CACHE_URL, else IMAGEDOC_REDIS_URL; runs go on without it, and compute everything.'
    return { area: 'drivers', name: 'result cache', status: 'wrong', message: `${description}: ${messageOf(error)}`, remedy }
  } finally {
    await cache[Symbol.asyncDispose]()
    await blobs[Symbol.asyncDispose]()
  }
}

/** Median of five questions for a result that is not there. */
async function latencyOf(cache: ResultCache): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    await cache.get(`sha256:${String(round).repeat(64)}`)
    times.push(performance.now() - started)
  }
  return (times.sort((a, b) => a - b)[2] ?? 0).toFixed(1)
}
