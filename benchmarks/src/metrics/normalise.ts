/**
 * Text as it is compared: NFC, plain quotes and dashes, every run of white space one blank, none at the ends. The long s stays: to read
 * it as f is an error, and to write s for it is one too.
 */
export function normalise(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[“”„‟«»″]/g, '"')
    .replace(/[‘’‚‛‹›′]/g, "'")
    .replace(/[‐‑‒–—―−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
}
