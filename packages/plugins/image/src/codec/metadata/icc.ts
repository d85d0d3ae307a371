/** The name of a colour profile: its `desc` tag (ICC.1:2022, 9.2.41), as text (v2) or in the first language (v4). */
export function iccName(profile: Uint8Array): string | undefined {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength)
  try {
    const tags = view.getUint32(128)
    for (let index = 0; index < Math.min(tags, 100); index++) {
      const entry = 132 + index * 12
      if (signature(view, entry) === 'desc') return readDescription(view, view.getUint32(entry + 4))
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return undefined
}

function readDescription(view: DataView, at: number): string | undefined {
  if (signature(view, at) === 'desc') return decode(view, { at: at + 12, length: view.getUint32(at + 8) - 1, as: 'latin1' })
  if (signature(view, at) !== 'mluc') return undefined
  return decode(view, { at: at + view.getUint32(at + 24), length: view.getUint32(at + 20), as: 'utf-16be' })
}

const signature = (view: DataView, at: number): string => decode(view, { at, length: 4, as: 'latin1' })

function decode(view: DataView, { at, length, as }: { at: number; length: number; as: string }): string {
  if (length < 0 || at + length > view.byteLength) throw new RangeError('ICC tag beyond the profile')
  return new TextDecoder(as).decode(new Uint8Array(view.buffer, view.byteOffset + at, length))
}
