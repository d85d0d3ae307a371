/** A file in the repository that is made from the code and never edited. */
export interface GeneratedFile {
  /** From the root of the repository. */
  path: string
  content(): string | Promise<string>
}

/** Every generated file; add one here and `pnpm generate` writes it, `pnpm check` refuses it when stale. */
export const generatedFiles: readonly GeneratedFile[] = []
