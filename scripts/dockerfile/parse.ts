import {
  type Copy,
  DockerfileParser,
  type Env,
  From,
  Healthcheck,
  type Instruction,
  JSONInstruction,
  ModifiableInstruction,
  type Property,
} from 'dockerfile-ast'

/** What is done for one instruction; `said` has no effect outside of an image. */
export type Step = { readonly line: number; readonly text: string } & (
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'copy'; readonly from: string | undefined; readonly sources: readonly string[]; readonly destination: string }
  | { readonly kind: 'env'; readonly variables: Readonly<Record<string, string>> }
  | { readonly kind: 'workdir' | 'volume'; readonly path: string }
  | { readonly kind: 'user'; readonly uid: number; readonly gid: number }
  | { readonly kind: 'cmd' | 'healthcheck'; readonly argv: readonly string[] }
  | { readonly kind: 'said' }
)

export interface Stage {
  /** Its name, or its number. */
  readonly name: string
  readonly image: string
  readonly steps: readonly Step[]
}

/** @throws Error naming the line of an instruction that cannot be followed, or that an image should not have */
export function parseDockerfile(text: string): Stage[] {
  const stages: { name: string; image: string; steps: Step[] }[] = []
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction instanceof From)
      stages.push({ name: instruction.getBuildStage() ?? String(stages.length), image: instruction.getImage() ?? '', steps: [] })
    else (stages.at(-1) ?? refuse(instruction, 'it stands before FROM')).steps.push(stepOf(instruction))
  }
  return stages
}

function stepOf(instruction: Instruction): Step {
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags().map(String) : []
  const text = [instruction.getKeyword(), ...flags, contentOf(instruction)].join(' ')
  return { line: lineOf(instruction), text, ...effectOf(instruction) } as Step
}

function effectOf(instruction: Instruction): object {
  const words = instruction.getArguments().map((argument) => argument.getValue())
  const [first = ''] = words
  switch (instruction.getKeyword()) {
    case 'RUN':
      return { kind: 'run', command: commandOf(instruction) }
    case 'COPY':
      return copyOf(instruction as Copy, words)
    case 'ENV':
      if (contentOf(instruction).includes('$')) return refuse(instruction, 'variables in values cannot be followed')
      return { kind: 'env', variables: Object.fromEntries((instruction as Env).getProperties().map(pairOf)) }
    case 'WORKDIR':
    case 'VOLUME':
      return { kind: instruction.getKeyword().toLowerCase(), path: absolute(instruction, first) }
    case 'USER':
      return userOf(instruction, first)
    case 'CMD':
      return { kind: 'cmd', argv: argvOf(instruction, contentOf(instruction)) }
    case 'HEALTHCHECK':
      return healthcheckOf(instruction)
    case 'LABEL':
    case 'EXPOSE':
      return { kind: 'said' }
    default:
      return refuse(instruction, 'this script does not know it')
  }
}

function commandOf(instruction: Instruction): string {
  if (instruction instanceof JSONInstruction && instruction.getOpeningBracket()) return refuse(instruction, 'write a RUN for the shell')
  if (instruction instanceof ModifiableInstruction && instruction.getFlags().length > 0)
    return refuse(instruction, 'its flags cannot be followed')
  return contentOf(instruction)
}

function copyOf(instruction: Copy, words: readonly string[]): object {
  const other = instruction.getFlags().find((flag) => flag.getName() !== 'from')
  if (other) return refuse(instruction, `--${other.getName()} cannot be followed`)
  const from = instruction.getFromFlag()?.getValue() ?? undefined
  return { kind: 'copy', from, sources: words.slice(0, -1), destination: words.at(-1) }
}

function userOf(instruction: Instruction, user: string): object {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(user) ?? []
  if (uid === undefined || gid === undefined || Number(uid) === 0)
    return refuse(instruction, 'write a user that is not root, by number: 1000:1000')
  return { kind: 'user', uid: Number(uid), gid: Number(gid) }
}

function healthcheckOf(instruction: Instruction): object {
  const command = instruction instanceof Healthcheck && instruction.getSubcommand()?.getValue() === 'CMD'
  if (!command) return refuse(instruction, 'it needs CMD')
  const text = contentOf(instruction)
  return { kind: 'healthcheck', argv: argvOf(instruction, text.slice(text.indexOf('CMD') + 'CMD'.length)) }
}

/** A shell around the server would get the signals instead of it. */
function argvOf(instruction: Instruction, text: string): readonly string[] {
  try {
    const argv: unknown = JSON.parse(text)
    if (Array.isArray(argv) && argv.length > 0 && argv.every((word) => typeof word === 'string')) return argv
  } catch {
    // Said below.
  }
  return refuse(instruction, 'write it as a JSON list of words')
}

function absolute(instruction: Instruction, path: string): string {
  return /^\/[^/]/.test(path) ? path : refuse(instruction, 'write an absolute path')
}

function pairOf(property: Property): [string, string] {
  return [property.getName(), property.getValue() ?? '']
}

/** On one line, as the shell of an image gets it. */
function contentOf(instruction: Instruction): string {
  return (instruction.getRawArgumentsContent() ?? '').replaceAll(/\s*\\\r?\n\s*/g, ' ').trim()
}

function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1
}

function refuse(instruction: Instruction, why: string): never {
  throw new Error(`Dockerfile, line ${lineOf(instruction)}, ${instruction.getKeyword()}: ${why}.`)
}
