import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { copy, strayLinks } from './copy.ts'
import { parseDockerignore } from './ignore.ts'
import type { Stage, Step } from './parse.ts'

export const isRoot = process.geteuid?.() === 0

/** What a container would be started from. */
export interface Followed {
  readonly root: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  readonly user: { readonly uid: number; readonly gid: number }
  readonly cmd: readonly string[]
  readonly healthcheck: readonly string[]
}

interface Place {
  readonly root: string
  /** In the image. */
  workdir: string
  env: Record<string, string>
  user: { uid: number; gid: number } | undefined
  cmd: readonly string[] | undefined
  healthcheck: readonly string[] | undefined
}

export interface FollowOptions {
  /** The build context. */
  readonly context: string
  /** An empty folder: each stage gets one in it that stands for its `/`. */
  readonly into: string
  readonly say?: (text: string) => void
}

/**
 * Does what the instructions say in folders that stand for the stages' roots: paths of the image that occur in the Dockerfile are written as those of the
 * folder. The programs are this machine's, Node is a copy of the running one.
 * @throws Error naming the line of the instruction that fails
 */
export function follow(stages: readonly Stage[], options: FollowOptions): Followed {
  const places = new Map<string, Place>()
  const tops = topFolders(stages)
  for (const stage of stages) {
    const place = begin(stage, join(options.into, stage.name))
    for (const step of stage.steps) {
      const started = performance.now()
      try {
        effect(step, place, { places, tops, ...options })
      } catch (error) {
        throw new Error(`Dockerfile, line ${step.line}: ${step.text}\n${(error as Error).message}`, { cause: error })
      }
      options.say?.(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${step.text.slice(0, 120)}`)
    }
    places.set(stage.name, place)
  }
  return finish([...places.values()].at(-1))
}

function begin({ image }: Stage, root: string): Place {
  const [major] = process.versions.node.split('.')
  if (!image.startsWith(`node:${major}-`)) throw new Error(`The base image is ${image}; it cannot be followed with Node ${major}.`)
  const bin = join(root, 'usr', 'local', 'bin')
  mkdirSync(bin, { recursive: true })
  chmodSync(root, 0o755)
  copyFileSync(process.execPath, join(bin, 'node'))
  chmodSync(join(bin, 'node'), 0o755)
  return { root, workdir: '/', env: {}, user: undefined, cmd: undefined, healthcheck: undefined }
}

type Around = FollowOptions & { readonly places: ReadonlyMap<string, Place>; readonly tops: ReadonlySet<string> }

function effect(step: Step, place: Place, around: Around): void {
  const mapped = (text: string): string => inRoot(text, place.root, around.tops)
  if (step.kind === 'run') run(mapped(step.command), place)
  else if (step.kind === 'copy') copyStep(step, place, around)
  else if (step.kind === 'env') for (const [name, value] of Object.entries(step.variables)) place.env[name] = mapped(value)
  else if (step.kind === 'user') place.user = step
  else if (step.kind === 'cmd' || step.kind === 'healthcheck') place[step.kind] = step.argv.map(mapped)
  else if (step.kind === 'workdir' || step.kind === 'volume') mkdirSync(join(place.root, step.path), { recursive: true })
  if (step.kind === 'workdir') place.workdir = step.path
}

function copyStep({ from, sources, destination }: Extract<Step, { kind: 'copy' }>, place: Place, { places, context }: Around): void {
  const target = join(place.root, posix.resolve(place.workdir, destination)) + (/(^|\/)\.?$/.test(destination) ? '/' : '')
  if (from === undefined) {
    copy(sources, target, { root: context, ignore: parseDockerignore(readFileSync(join(context, '.dockerignore'), 'utf8')) })
    return
  }
  const stage = places.get(from)
  if (!stage) throw new Error(`There is no stage "${from}" above it.`)
  copy(sources, target, { root: stage.root })
}

function run(command: string, { root, workdir, env }: Place): void {
  const path = [join(root, 'usr', 'local', 'bin'), ...(isRoot ? [] : [withoutChown(root)]), process.env['PATH']].join(':')
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    cwd: join(root, workdir),
    env: { ...withoutOurs(process.env), ...env, PATH: path, npm_config_prefix: join(root, 'usr', 'local') },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`It ended with ${status}.\n${stdout}\n${stderr}`)
}

/** Only root gives files away; whoever else follows the steps owns all of them anyway. */
function withoutChown(root: string): string {
  const folder = join(root, '..', 'no-chown')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'chown'), '#!/bin/sh\n', { mode: 0o755 })
  return folder
}

/** What is set where this script is started is not there in a build. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(IMAGEDOC_|OTEL_|NODE_(?!EXTRA_CA)|HOST$|PORT$|npm_(lifecycle|package))/.test(name)),
  )
}

/** The first folders of the image's paths that the Dockerfile names. */
function topFolders(stages: readonly Stage[]): ReadonlySet<string> {
  const paths = stages.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === 'workdir' || step.kind === 'volume'
        ? [step.path]
        : step.kind === 'copy'
          ? [step.destination, ...(step.from ? step.sources : [])]
          : [],
    ),
  )
  return new Set(paths.filter((path) => path.startsWith('/')).map((path) => path.split('/')[1] ?? ''))
}

/** The text with `/app` and the like as paths of this machine. */
function inRoot(text: string, root: string, tops: ReadonlySet<string>): string {
  return text.replaceAll(/(^|[\s"'=:])\/([\w.-]+)(?=$|[/\s"':;&|)])/g, (whole, before: string, top: string) =>
    tops.has(top) ? `${before}${root}/${top}` : whole,
  )
}

function finish(place: Place | undefined): Followed {
  const { root, workdir, env, user, cmd, healthcheck } = place ?? {}
  if (!root || !workdir || !user || !cmd || !healthcheck)
    throw new Error('The Dockerfile needs USER, CMD and HEALTHCHECK in its last stage.')
  const stray = strayLinks(root)
  if (stray.length > 0) throw new Error(`${stray.length} links lead out of the image, for example ${stray[0]}.`)
  const home = join(root, 'home', 'user')
  mkdirSync(home, { recursive: true })
  if (isRoot) chownSync(home, user.uid, user.gid)
  chmodSync(dirname(root), 0o755)
  const path = [join(root, 'usr', 'local', 'bin'), '/usr/bin', '/bin'].join(':')
  return { root, workdir: join(root, workdir), env: { HOME: home, ...env, PATH: path }, user, cmd, healthcheck }
}
