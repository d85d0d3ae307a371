import type { OperationInfo } from '@imagedoc/core'
import { z } from 'zod'
import type { Services } from '../services.ts'
import type { Procedures } from './trpc.ts'

/** Of our own making, so only its type is declared. */
const operationInfo = z.custom<OperationInfo>((value) => typeof value === 'object' && value !== null)

/** What the installed plugins can do. */
export function createOperationsRouter({ router, signedIn }: Procedures, { imagedoc }: Pick<Services, 'imagedoc'>) {
  const operations = imagedoc.operations()
  return router({
    /** Every operation with the JSON Schema of its parameters: what a form needs. */
    list: signedIn.output(z.array(operationInfo)).query(() => operations),
  })
}
