/** What a child may know of its parent's environment: where programs, folders, fonts and data are, never a secret. */
const kept = new Set([
  'PATH',
  'HOME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'LD_LIBRARY_PATH',
  'NODE_COMPILE_CACHE',
  'NODE_PATH',
  'OMP_THREAD_LIMIT',
  'TESSDATA_PREFIX',
  'UV_THREADPOOL_SIZE',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_DIRS',
  'XDG_DATA_HOME',
  // Windows starts no process without these.
  'SYSTEMROOT',
  'USERPROFILE',
  'WINDIR',
])

/** A child's environment; its temporary files go to a folder that is removed with it. */
export function childEnvironment(environment: NodeJS.ProcessEnv, tmp: string): NodeJS.ProcessEnv {
  const passed = Object.entries(environment).filter(([name]) => kept.has(name.toUpperCase()) || /^(LC_|FONTCONFIG_)/.test(name))
  return { ...Object.fromEntries(passed), TMPDIR: tmp, TMP: tmp, TEMP: tmp }
}

/** Of the parent only: debuggers, profilers, memory, tests, code given on the command line. */
const own = /^--(inspect|debug|max-|cpu-prof|heap-prof|heapsnapshot|prof|test|watch|eval|print|interactive|input-type|env-file)/

/**
 * The flags of Node that a child needs to find and read the same sources: conditions, loaders and the like. Conditions in NODE_OPTIONS count.
 * @param heapBytes for V8's objects
 */
export function childFlags(execArgv: readonly string[], nodeOptions: string, heapBytes: number): string[] {
  const flags: string[] = []
  for (let index = 0; index < execArgv.length; index++) {
    const flag = execArgv[index] as string
    if (['-e', '-p', '-pe', '--eval', '--print'].includes(flag)) index++
    else if (!own.test(flag) && flag !== '-i') flags.push(flag)
  }
  for (const [, condition] of nodeOptions.matchAll(/(?:--conditions|-C)[= ](\S+)/g)) flags.push(`--conditions=${condition}`)
  return [...flags, `--max-old-space-size=${Math.max(64, Math.ceil(heapBytes / 2 ** 20))}`]
}
