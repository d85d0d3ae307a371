import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedPackages, root, workspacePackages } from '../scripts/workspace-packages.ts'

const published = publishedPackages().map((one) => [one.manifest.name, one] as const)

describe.each(published)('%s', (_name, { folder, manifest }) => {
  it('carries its licence and what a registry shows', () => {
    expect(manifest.license).toBe('MIT')
    expect(manifest.description).toMatch(/^[A-Z].*\.$/)
    expect(manifest.keywords).toContain(manifest.name.includes('plugin') ? 'imagedoc-plugin' : 'imagedoc')
    expect(readFileSync(join(root, folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'))
    expect(existsSync(join(root, folder, 'README.md')), 'README.md').toBe(true)
  })

  it('is ESM for Node 24 and publishes nothing but its build', () => {
    expect(manifest).toMatchObject({ type: 'module', sideEffects: false, engines: { node: '>=24' }, publishConfig: { access: 'public' } })
    expect(manifest.files?.filter((file) => !['dist', 'schema', 'assets'].includes(file))).toEqual([])
  })

  it('publishes the same entries as it develops with, without the condition for sources', () => {
    const withoutSource = JSON.parse(JSON.stringify(manifest.exports), (key, value) => (key === '@imagedoc/source' ? undefined : value))
    expect(manifest.publishConfig?.exports).toEqual(withoutSource)
    expect(JSON.stringify(manifest.exports?.['.'])).toContain('@imagedoc/source')
  })

  it('asks for third parties by exact version', () => {
    const foreign = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) => !name.includes('imagedoc'))
    expect(foreign.filter(([, version]) => version !== 'catalog:' && !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

// OFL-1.1 is for typefaces: they may be used, changed and shipped with any program, only not sold by themselves.
const permissive = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MPL-2.0', '0BSD', 'MIT AND OFL-1.1']

describe('the workspace', () => {
  it('takes only dependencies that anyone may use and ship', () => {
    const used = workspacePackages().flatMap(({ folder, manifest }) =>
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
        .filter((name) => !name.includes('imagedoc'))
        .map((name) => {
          const theirs = JSON.parse(readFileSync(join(root, folder, 'node_modules', name, 'package.json'), 'utf8')) as { license?: string }
          return `${name}: ${theirs.license}`
        }),
    )
    expect(used.length).toBeGreaterThan(10)
    expect(used.filter((line) => !permissive.includes(line.split(': ')[1] ?? ''))).toEqual([])
  })

  const ours = (dependencies: Record<string, string> = {}) => Object.keys(dependencies).filter((name) => name.includes('imagedoc'))

  it('has a core that depends on no sibling', () => {
    const core = published.find(([name]) => name === '@imagedoc/core')?.[1].manifest
    expect([...ours(core?.dependencies), ...ours(core?.peerDependencies)]).toEqual([])
  })

  it('has plugins that take core and zod from whoever installs them, as a stranger’s plugin does', () => {
    for (const [, { folder, manifest }] of published.filter(([name]) => name.includes('plugin'))) {
      expect(Object.keys(manifest.peerDependencies ?? {}).sort(), folder).toEqual(['@imagedoc/core', 'zod'])
      expect(ours(manifest.dependencies), folder).toEqual([])
    }
  })

  it('publishes exactly these packages, all with one version', () => {
    const names = [
      '@imagedoc/client',
      '@imagedoc/core',
      '@imagedoc/plugin-image',
      '@imagedoc/plugin-ocr',
      '@imagedoc/plugin-pdf',
      '@imagedoc/plugin-translate',
      '@imagedoc/server',
      'imagedoc',
    ]
    expect(published.map(([name]) => name).sort()).toEqual(names)
    expect(new Set(published.map(([, { manifest }]) => manifest.version)).size).toBe(1)
  })

  it('keeps everything else private', () => {
    const rest = workspacePackages().filter(({ manifest }) => manifest.private)
    expect(rest.map(({ folder }) => folder)).toEqual(expect.arrayContaining(['benchmarks', 'e2e', 'fixtures']))
  })
})
