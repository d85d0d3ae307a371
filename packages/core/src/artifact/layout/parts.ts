/** The members that hold the parts of a part, in reading order, with the letter of their ids. */
const members = { blocks: 'b', items: 'i', rows: 'r', cells: 'c', lines: 'l', words: 'w' } as const
type Member = keyof typeof members
const memberNames = Object.keys(members) as readonly Member[]

/** A page, or a part of one at any depth, as far as all are alike. Only rows of tables have no id. */
export interface Part extends Readonly<Partial<Record<Member, readonly Part[] | undefined>>> {
  readonly id?: string | undefined
}

/** A part directly inside of another, and where it stands there. */
export interface InnerPart {
  readonly inner: Part
  readonly member: Member
  readonly index: number
}

/** What a part directly holds. */
export function* innerParts(part: Part): Generator<InnerPart> {
  for (const member of memberNames) for (const [index, inner] of (part[member] ?? []).entries()) yield { inner, member, index }
}

/**
 * A copy of a part whose inner parts are changed one by one; `name` says which one it is by its member and number: `l3` for the third line.
 * Members keep their order, so that the same layout has the same bytes.
 */
export function withInner<Whole extends object>(part: Whole, change: (inner: Part, name: string) => Part): Whole {
  const changed = { ...part } as Record<string, unknown>
  for (const member of memberNames) {
    const inner = (part as Part)[member]
    if (inner) changed[member] = inner.map((each, index) => change(each, `${members[member]}${index + 1}`))
  }
  return changed as Whole
}
