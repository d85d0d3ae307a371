import type { Services } from '../services.ts'
import { createAuthRouter } from './auth.ts'
import { createCollectionsRouter } from './collections.ts'
import { createDocumentsRouter } from './documents.ts'
import { createAuditRouter, createStatsProcedure } from './management.ts'
import { createOperationsRouter } from './operations.ts'
import { createPipelinesRouter } from './pipelines.ts'
import { createRunsRouter } from './runs.ts'
import { createSearchProcedure } from './search.ts'
import { createProcedures } from './trpc.ts'
import { createUsersRouter } from './users.ts'

/** Every procedure of the server. */
export function createRouter(services: Services) {
  const procedures = createProcedures(services)
  return procedures.router({
    auth: createAuthRouter(procedures, services),
    users: createUsersRouter(procedures, services),
    collections: createCollectionsRouter(procedures, services),
    documents: createDocumentsRouter(procedures, services),
    operations: createOperationsRouter(procedures, services),
    pipelines: createPipelinesRouter(procedures, services),
    runs: createRunsRouter(procedures, services),
    search: createSearchProcedure(procedures, services),
    audit: createAuditRouter(procedures, services),
    stats: createStatsProcedure(procedures, services),
  })
}

export type Router = ReturnType<typeof createRouter>
