import { resolve } from 'node:path'
import { fromFile, ImageDocError, type Inputs, type PipelineDefinition } from '@imagedoc/core'
import type { FoundInputs } from '../inputs/find-inputs.ts'
import type { FurtherInputs } from '../inputs/further-inputs.ts'
import { type Intended, inTheWay } from '../outputs/in-the-way.ts'
import { checkPlaces, type Place, placeOf, realPaths, wouldOverwrite } from '../outputs/placement.ts'

/** One run that is to be made: one input, or all of them when they are gathered. */
export interface Work {
  /** As the user wrote it. */
  readonly input: string
  readonly sources: Inputs
  /** Absolute, by input name. */
  readonly paths: Readonly<Record<string, readonly string[]>>
  readonly place: Place
}

export interface Arrangement {
  readonly output: string
  readonly gather: boolean
  readonly further: FurtherInputs
}

/** The runs to be made, in the order of the inputs. */
export function arrangeWork(found: FoundInputs, { output, gather, further }: Arrangement): Work[] {
  if (gather) {
    const sources = { input: found.files.map((file) => fromFile(file.path)), ...further.sources }
    const paths = { input: found.files.map((file) => file.path), ...further.paths }
    return [
      {
        input: gatheredName(found),
        sources,
        paths,
        place: { folder: resolve(output), shown: output },
      },
    ]
  }
  return found.files.map((file) => ({
    input: file.shown,
    sources: { input: fromFile(file.path), ...further.sources },
    paths: { input: [file.path], ...further.paths },
    place: placeOf(output, file),
  }))
}

/** What a run over several files is called. */
function gatheredName({ files }: FoundInputs): string {
  const [first, ...others] = files.map((file) => file.shown)
  return others.length === 0 ? (first ?? '') : `${first} and ${others.length} more`
}

/** An input whose outputs are in the way, as far as that is known before anything runs. */
export interface Conflict {
  readonly work: Work
  readonly error: ImageDocError
}

/**
 * Looks for everything that can be known to go wrong with the outputs before anything runs.
 * @returns what `--force` would overwrite; empty with `force`
 * @throws OUTPUT_EXISTS for what cannot be forced, OUTPUT_UNWRITABLE
 */
export async function findConflicts(
  works: readonly Work[],
  { pipeline, force }: { pipeline: PipelineDefinition; force: boolean },
): Promise<Conflict[]> {
  await checkPlaces(works.map((work) => work.place))
  const inputs = await realPaths(works.flatMap((work) => Object.values(work.paths).flat()))
  for (const work of works) await refuseInputs(work, pipeline, inputs)
  if (force) return []
  const conflicts: Conflict[] = []
  for (const work of works) {
    const intended: Intended = { place: work.place, pipeline, inputs: work.paths }
    const error = await inTheWay(intended)
    if (error) conflicts.push({ work, error })
  }
  return conflicts
}

async function refuseInputs({ place }: Work, pipeline: PipelineDefinition, inputs: ReadonlySet<string>): Promise<void> {
  for (const name of ['receipt.json', ...Object.keys(pipeline.outputs ?? {})]) {
    if (!(await wouldOverwrite(resolve(place.folder, name), inputs))) continue
    throw new ImageDocError(
      'OUTPUT_EXISTS',
      `The output ${name} would be written over the input ${place.shown}/${name}: choose another folder with -o.`,
    )
  }
}
