import { describe, expect, it } from 'vitest'
import { type Workspace, workspace } from '../support/workspace.ts'

/** A plugin without a module, as somebody writes it into the configuration. */
const config = `import { defineOperation, definePlugin, image } from '${import.meta.resolve('@imagedoc/core')}'
import { z } from '${import.meta.resolve('zod')}'
import { imagePlugin } from '${new URL('../support/faults.ts', import.meta.url).href}'
const spin = defineOperation({ name: 'own.spin', version: 1, summary: 'Compute for ever on pages of one width.', input: image, output: image,
  params: z.strictObject({}),
  run: ({ input }) => {
    while (input.width === 21) Math.random()
    return { output: input }
  } })
const own = definePlugin({ name: 'imagedoc-plugin-own', version: '1.0.0', apiVersion: 1, setup: () => ({ operations: [spin] }) })
export default { plugins: [imagePlugin(), own()] }
`

function spinningWorkspace(): Workspace {
  const space = workspace()
  space.write('imagedoc.config.ts', config)
  space.pipeline('p.json', { steps: [{ use: 'own.spin' }], outputs: { 'page.png': 'own.spin' } })
  space.tiff('a.tif', 20)
  space.tiff('b.tif', 21)
  return space
}

describe('a plugin that is written into a configuration', () => {
  it('does its work in the main thread, with a warning that says what to do', async () => {
    const { run, files } = spinningWorkspace()
    const { code, stderr } = await run('run', 'p.json', 'a.tif', '-o', 'out')
    expect(code).toBe(0)
    expect(files('out')).toEqual(['a.tif/page.png'])
    expect(stderr).toMatch(/warning {3}a\.tif {2}PLUGIN_IN_PROCESS: .*"imagedoc-plugin-own", because it is defined without "module"/)
  })

  it('is refused with --isolate', async () => {
    const { code, stderr } = await spinningWorkspace().run('run', 'p.json', 'a.tif', '-o', 'out', '--isolate')
    expect(code).toBe(9)
    expect(stderr).toContain('PLUGIN_INVALID: A worker cannot load the plugin "imagedoc-plugin-own"')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'is ended by %s at once when it computes for ever: no handler could be called',
    async (signal) => {
      const { start } = spinningWorkspace()
      const { child, ended, says } = start(['run', 'p.json', 'b.tif', '-o', 'out', '--json'])
      await says('PLUGIN_IN_PROCESS')
      child.kill(signal)
      await ended
      expect(child.signalCode).toBe(signal)
    },
  )
})
