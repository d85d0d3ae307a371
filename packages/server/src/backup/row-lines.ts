import type { Stored } from '@imagedoc/core'
import { decodeRow, encodeRow } from '../drivers/rows/row-json.ts'
import type { Tables } from '../records/tables.ts'

/** A row of a table, which is called as in the code. */
export type TableRow = readonly [table: keyof Tables, row: Stored]

/** As a line of a backup: JSON in which dates can be told from text. */
export const lineOf = (row: TableRow): string => encodeRow(row)

export const rowIn = (line: string): TableRow => decodeRow(line)
