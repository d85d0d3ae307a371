import { createClient } from '../../src/browser/index.ts'

// For what the test evaluates in the page.
Object.assign(globalThis, { createClient })
