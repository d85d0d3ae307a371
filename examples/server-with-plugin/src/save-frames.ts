import { type AppOf, type Client, createClient } from '@imagedoc/client'
import type config from '../imagedoc.config.ts'

type App = AppOf<typeof config>

/** A client that knows the operations of this server's plugins. Of the configuration only the type is needed: it loads no plugin. */
export function connect(url: string, token: string): Client<App> {
  return createClient<App>({ url, token })
}

/** Saves a pipeline that uses the stranger's operation: its name completes and its parameters are typed. Gives the pipeline's id. */
export async function saveFrames(client: Client<App>): Promise<string> {
  const definition = client
    .pipeline('framed')
    .step('image.grayscale')
    .step('example.frame', { width: 12, colour: '#804000' }, { id: 'framed' })
    .outputs({ 'framed.png': 'framed' })
  const { id } = await client.pipelines.save({ name: 'Framed', definition })
  return id
}
