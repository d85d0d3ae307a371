// A server with a stranger's plugin: node --conditions=@imagedoc/source src/serve.ts. `imagedoc serve` in this folder does the same.
import { once } from 'node:events'
import { createServer } from '@imagedoc/server'
import config from '../imagedoc.config.ts'

await using server = await createServer({ config })
console.log(server.url)
if (server.setupToken !== null) console.log(`Makes the first manager: ${server.setupToken}`)
await once(process, 'SIGINT')
