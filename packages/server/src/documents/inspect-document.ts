import type { AnyOperation, Diagnostic, ImageDoc, RunOptions, Source } from '@imagedoc/core'
import { z } from 'zod'

const pipeline = { version: 1 as const, steps: [{ use: 'document.inspect' }], outputs: { 'inspection.json': 'document.inspect' } }
const inspection = z.looseObject({ pages: z.int().min(1) })
const details = z.looseObject({ cutOff: z.literal(true) })

export interface Inspection {
  readonly pages: number
  /** The finding that the file ends before it is whole; of one that is damaged inside alone there is none. */
  readonly cutOff: Diagnostic | undefined
}

/** Looks through a file in a child process with limits. @throws what the file cannot be read for */
export async function inspectDocument(
  imagedoc: Pick<ImageDoc<AnyOperation>, 'run'>,
  input: Source,
  options: RunOptions = {},
): Promise<Inspection> {
  const { outputs, error, diagnostics } = await imagedoc.run(pipeline, { input }, options)
  if (error) throw error
  const artifact = await outputs['inspection.json']?.one()
  const { pages } = inspection.parse(JSON.parse(new TextDecoder().decode(await artifact?.bytes())))
  return { pages, cutOff: diagnostics.find((diagnostic) => details.safeParse(diagnostic.details).success) }
}
