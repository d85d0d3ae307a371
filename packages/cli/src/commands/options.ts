import type { OptionSpecification } from '../arguments/specification.ts'

// Options that several commands share.

export const everywhere = {
  help: { type: 'boolean', short: 'h', summary: 'Show this.' },
  version: { type: 'boolean', short: 'V', summary: 'Show the version.' },
} as const satisfies Record<string, OptionSpecification>

export const config = {
  type: 'string',
  value: 'FILE',
  summary: 'Configuration that lists the plugins. Default: imagedoc.config.ts or .js here or in a folder above.',
} as const

export const force = { type: 'boolean', short: 'f', summary: 'Overwrite outputs that are there with other content.' } as const

export const damaged = {
  type: 'boolean',
  summary: 'Take files that are cut off, too, because only this is left of them. Without it the server refuses them.',
} as const

export const json = (what: string) => ({ type: 'boolean', summary: `Write ${what}.` }) as const

export const server = { type: 'string', value: 'URL', summary: 'Address of the server, for example http://127.0.0.1:8420.' } as const

export const quiet = { type: 'boolean', short: 'q', summary: 'Say nothing but what failed.' } as const

export const dataFolder = {
  type: 'string',
  value: 'DIR',
  summary: 'Data folder. Default: IMAGEDOC_DATA, else ./.imagedoc.',
} as const
