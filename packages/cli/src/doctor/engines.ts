import type { AnyOperation, Json, Plugin } from '@imagedoc/core'
import type { Check } from './check.ts'
import { messageOf } from './surroundings.ts'

/** Each operation's engines, asked with the operation's example: which of them could work here, and how the others are got. */
export async function checkEngines(plugins: readonly Plugin[]): Promise<Check[]> {
  const operations = plugins.flatMap((plugin) => plugin.operations)
  return (await Promise.all(operations.map(checkOperation))).flat()
}

async function checkOperation(operation: AnyOperation): Promise<Check[]> {
  const engines = operation.engines ?? []
  const params = operation.params.safeParse(operation.example ?? {}).data as Json
  return Promise.all(
    engines.map(async (engine): Promise<Check> => {
      const name = `${operation.name} ${engine.id}`
      const check = { area: 'engines' as const, name }
      try {
        const answer = await engine.available(params)
        if (!answer.ok) return { ...check, status: 'note', message: answer.why, remedy: answer.remedy }
        const fingerprint = JSON.stringify(await engine.fingerprint(params))
        return { ...check, status: 'ok', message: fingerprint.length > 100 ? `${fingerprint.slice(0, 100)}…` : fingerprint }
      } catch (error) {
        return { ...check, status: 'wrong', message: messageOf(error) }
      }
    }),
  )
}
