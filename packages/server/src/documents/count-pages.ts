import type { AnyOperation, ImageDoc, Source } from '@imagedoc/core'
import { z } from 'zod'

const pipeline = { version: 1 as const, steps: [{ use: 'document.inspect' }], outputs: { 'inspection.json': 'document.inspect' } }
const inspection = z.looseObject({ pages: z.int().min(1) })

/** Looks through a file in a child process with limits; gives how many pages it has. @throws what the file cannot be read for */
export async function countPages(
  imagedoc: Pick<ImageDoc<AnyOperation>, 'run'>,
  input: Source,
  options: { signal?: AbortSignal } = {},
): Promise<number> {
  const { outputs, error } = await imagedoc.run(pipeline, { input }, options)
  if (error) throw error
  const artifact = await outputs['inspection.json']?.one()
  return inspection.parse(JSON.parse(new TextDecoder().decode(await artifact?.bytes()))).pages
}
