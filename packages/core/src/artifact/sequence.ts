import { ImageDocError } from '../errors/error.ts'

/** An ordered, lazy list of values, one a page. */
export interface Sequence<Value> extends AsyncIterable<Value> {
  readonly length: number
  /** @throws PAGE_SKIPPED when there is a hole at `index`. */
  at(index: number): Promise<Value>
  /** False where a page was skipped. Only an operation that accepts holes ever sees one. */
  has(index: number): boolean
}

/** A sequence of `length` values that are made when asked for. The iterator passes over holes. */
export function sequenceOf<Value>(
  length: number,
  at: (index: number) => Value | Promise<Value>,
  has: (index: number) => boolean = () => true,
): Sequence<Value> {
  const read = async (index: number): Promise<Value> => {
    if (!Number.isInteger(index) || index < 0 || index >= length) {
      throw new ImageDocError('NOT_FOUND', `There is no item ${index}; the sequence has ${length}, counted from 0.`)
    }
    if (!has(index)) throw new ImageDocError('PAGE_SKIPPED', `Item ${index} was skipped in this run.`)
    return at(index)
  }
  return {
    length,
    at: read,
    has,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < length; index++) if (has(index)) yield await read(index)
    },
  }
}
