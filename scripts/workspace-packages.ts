import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** The fields of a package.json that the checks read. */
export interface Manifest {
  name: string
  version: string
  private?: boolean
  type?: string
  license?: string
  description?: string
  keywords?: string[]
  engines?: Record<string, string>
  sideEffects?: boolean
  files?: string[]
  exports?: Record<string, string | Record<string, string>>
  publishConfig?: { access?: string; exports?: Record<string, string | Record<string, string>> }
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

export interface WorkspacePackage {
  /** From the root of the repository. */
  folder: string
  manifest: Manifest
}

/** Every package of the workspace, examples and private ones included. */
export function workspacePackages(): WorkspacePackage[] {
  return globSync(
    ['packages/*/package.json', 'packages/plugins/*/package.json', 'examples/*/package.json', '{fixtures,benchmarks,e2e}/package.json'],
    { cwd: root },
  )
    .filter((file) => existsSync(join(root, file)))
    .map((file) => ({ folder: dirname(file), manifest: JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest }))
    .sort((a, b) => a.folder.localeCompare(b.folder))
}

/** Those that are published. */
export function publishedPackages(): WorkspacePackage[] {
  return workspacePackages().filter(({ manifest }) => !manifest.private)
}
