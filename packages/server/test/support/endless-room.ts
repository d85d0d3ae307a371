import type { Room } from '../../src/room/room.ts'

/** Where there is always room. */
export const endlessRoom: Room = {
  isFull: () => false,
  assert: () => undefined,
  note: () => undefined,
  look: async () => undefined,
  release: () => false,
  [Symbol.asyncDispose]: async () => undefined,
}
