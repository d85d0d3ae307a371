// With ends of lines, and marks that turn the direction of what follows: `exe.png` would be read for a name that ends otherwise.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu
// Colours that `styleText` wrote are left, and so are line ends and tabs.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_IN_TEXT = /(\u001b\[[\d;]*m)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** A file's name on one line: control characters, which could move the cursor, empty the screen or pass for another line, are written out. */
export function printableName(name: string): string {
  return name.replace(CONTROL, (character) => (character === '\n' ? '\\n' : escaped(character)))
}

/** Text for a terminal: messages hold names of files and pieces of documents that come from anybody. */
export function printableText(text: string): string {
  return text.replace(CONTROL_IN_TEXT, (found, colour: string | undefined) => colour ?? escaped(found))
}
