/** Letters and signs that leave nothing on the page: those that Unicode lets readers pass over (Hangul fillers too), and the empty Braille cell. */
const invisible = /[\p{Default_Ignorable_Code_Point}\u2800]/gu
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Whether anything of a text is seen: of what has only blanks, joiners and fillers nobody can tell what it names. */
export function isVisible(text: string): boolean {
  return visible.test(text.replace(invisible, ''))
}
