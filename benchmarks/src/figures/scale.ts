// List, search and create among 100,000 documents against 1,000, in SQLite.
import type { Measure } from '../harness/figure.ts'
import { measureScale } from '../harness/scale.ts'
import { openSqlite } from '../search/archive.ts'

export const measure: Measure = (size) => measureScale(size, { database: 'SQLite', openStore: openSqlite })
