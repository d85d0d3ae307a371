import { readdir } from 'node:fs/promises'

/** The record beside the outputs. */
export const RECEIPT = 'receipt.json'

/** `name.ext`, in a sequence `name-0001.ext`; `index` counts from 0. */
export function outputFile(name: string, index?: number): string {
  if (index === undefined) return name
  const { stem, extension } = partsOf(name)
  return `${stem}-${String(index + 1).padStart(4, '0')}${extension}`
}

/** True when a file could be this output, alone or as a page of a sequence. */
export function isFileOf(file: string, name: string): boolean {
  const { stem, extension } = partsOf(name)
  if (file === name) return true
  if (!file.startsWith(`${stem}-`) || !file.endsWith(extension)) return false
  return /^\d{4,}$/.test(file.slice(stem.length + 1, file.length - extension.length))
}

/** Names of the files in a folder; none when it is not there. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
}

function partsOf(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? { stem: name, extension: '' } : { stem: name.slice(0, dot), extension: name.slice(dot) }
}
