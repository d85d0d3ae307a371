import { createDigester, type Digest } from '../artifact/digest.ts'
import type { Inputs, Source } from '../artifact/source.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Receipt } from './receipt.ts'
import type { RunResult } from './run.ts'

/** A run made again from its receipt. */
export type ReplayResult = RunResult & {
  /** Every output has the digest that the receipt names. */
  same: boolean
}

/**
 * Puts inputs into the places that the receipt names, by their digests; their names and order do not matter.
 * @throws REPLAY_MISMATCH when one that the receipt names is not there
 */
export async function matchInputs(receipt: Receipt, inputs: Inputs): Promise<Inputs> {
  const given = Object.values(inputs).flat() as Source[]
  const byDigest = new Map<Digest, Source>()
  for (const source of given) byDigest.set(source.descriptor?.digest ?? (await digestOfSource(source)), source)
  const matched: Record<string, Source | Source[]> = {}
  for (const [name, descriptors] of Object.entries(receipt.inputs)) {
    const sources = descriptors.map((descriptor, index) => {
      const source = byDigest.get(descriptor.digest)
      if (source) return { ...source, descriptor }
      const which = descriptors.length > 1 ? `${name}[${index}]` : name
      throw new ImageDocError(
        'REPLAY_MISMATCH',
        `None of the ${given.length} files given is the receipt's input "${which}" (${descriptor.digest}, ${descriptor.size} bytes). Give the file that the run was made from.`,
      )
    })
    matched[name] = receipt.lists?.includes(name) ? sources : (sources[0] as Source)
  }
  return matched
}

/** True when the outputs of a run are those of the receipt. */
export function sameOutputs(receipt: Receipt, result: RunResult): boolean {
  const digests = (outputs: Receipt['outputs']): string =>
    JSON.stringify(
      Object.entries(outputs)
        .map(([name, list]) => [name, list.map((descriptor) => descriptor.digest)])
        .sort(),
    )
  return digests(receipt.outputs) === digests(result.receipt.outputs)
}

async function digestOfSource(source: Source): Promise<Digest> {
  if (source.once) throw new ImageDocError('USAGE', `"${source.name}" is a stream; give replay a file or bytes, which it can read twice.`)
  const digester = createDigester()
  for await (const chunk of await source.open()) digester.update(chunk)
  return digester.digest()
}
