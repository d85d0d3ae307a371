/** What every row has: 24 hex digits (or a name where the row is one of a kind), the number of changes so far, and when it came. */
export interface Stored {
  readonly _id: string
  /** 0 when inserted; one more with every change. */
  readonly revision: number
  readonly created_at: Date
}

/**
 * What an index orders by. Strings by their UTF-16 code units, `null` (and a missing field) before everything else. Values of different types are
 * different, and in which order they come is not promised.
 */
export type IndexValue = string | number | boolean | Date | null

/** A declared order in which rows can be listed. Rows that are equal in all its fields are in order of `_id`. */
export interface IndexDefinition {
  /**
   * Dotted paths. One of them may lead through an array: then the row stands in the index once for each different item, and not at all when
   * the array is empty.
   */
  readonly fields: readonly string[]
  /** No two rows have the same values; rows in which one of the fields is null or missing are not compared. @default false */
  readonly unique?: boolean
}

/** A table with the orders in which it is read. Rows hold JSON and dates; a member that is undefined is not stored. */
export interface TableDefinition<Row extends Stored = Stored> {
  readonly name: string
  readonly indexes: Readonly<Record<string, IndexDefinition>>
  /** Of the type only. */
  readonly row?: Row
}

/** Which rows of an index, and in which order. */
export interface ListQuery {
  /** The name of a declared index. */
  readonly index: string
  /**
   * Values of the index's leading fields, in their order. Where a field leads through an array, name its item: a list over all items may
   * give a row once or once for each. @default none: every row of the index
   */
  readonly equals?: readonly IndexValue[]
  /**
   * Bounds of the field behind those of `equals`: from this value on (inclusive), below that one (exclusive), of one type unless one is `null`.
   * Without `from`, rows in which the field is `null` or missing are within, since they come first.
   */
  readonly range?: { readonly from?: IndexValue; readonly below?: IndexValue }
  /** `descending` is exactly the reverse, rows of equal values included. @default 'ascending' */
  readonly order?: 'ascending' | 'descending'
  /** The `next` of an earlier page of the same query. @default none: the first page */
  readonly after?: string | undefined
  /** At most so many rows; 1 to 1000. */
  readonly limit: number
}

/** A page of a list. */
export interface RowPage<Row> {
  readonly rows: readonly Row[]
  /** Where the next page begins; null behind the last row. Not promised: a snapshot, when others write meanwhile. */
  readonly next: string | null
}

/**
 * One table. Every call is atomic on its one row, and nothing is atomic over two. Rows are the caller's own: changing one changes no stored one.
 * A row that not every driver can keep is refused with USAGE: text with half of a surrogate pair, NaN and infinities, invalid dates, anything
 * that is neither JSON nor a date, an `_id` of more than 512 characters, more than 100 levels, two indexed arrays.
 * Every method throws STORE_UNAVAILABLE when the database cannot be reached in time, and those that write STORE_FULL when it has no room left.
 */
export interface Table<Row extends Stored> {
  get(id: string): Promise<Row | undefined>
  /** @throws ALREADY_EXISTS, with `details.index`: `_id` when that is taken, otherwise the unique index that has these values; USAGE */
  insert(row: Row): Promise<void>
  /**
   * Replaces the row that still has `row.revision`; gives it as it is stored, its revision one higher, or undefined when the row has
   * another revision or is gone. @throws ALREADY_EXISTS and USAGE as `insert`
   */
  replaceIf(row: Row): Promise<Row | undefined>
  /** With `revision` only while the row still has it. True when a row was deleted. */
  delete(id: string, revision?: number): Promise<boolean>
  /** @throws USAGE for an index that is not declared, too many values, a limit out of bounds or a cursor that is none */
  list(query: ListQuery): Promise<RowPage<Row>>
  /** How many rows have these values in the leading fields of the index. @throws USAGE as `list` */
  count(index: string, equals?: readonly IndexValue[]): Promise<number>
}

/** Where the application's records live. Once disposed of, every call throws STORE_UNAVAILABLE. */
export interface MetadataStore extends AsyncDisposable {
  /**
   * Makes the tables and indexes that are missing, for the rows that are there too, and removes indexes that are no longer declared; doing it
   * again changes nothing. Tables that it is not given stay. @throws INVALID_CONFIG for a definition that cannot be, or a database of a newer
   * ImageDoc; ALREADY_EXISTS, with `details.index`, when rows collide in a new unique index
   */
  migrate(tables: readonly TableDefinition[]): Promise<void>
  /** A table that `migrate` was given; its methods throw USAGE for another. */
  table<Row extends Stored>(definition: TableDefinition<Row>): Table<Row>
  /** One round trip. @throws STORE_UNAVAILABLE */
  ping(): Promise<void>
}
