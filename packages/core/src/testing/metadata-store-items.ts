import type { MetadataStore, Stored, Table, TableDefinition } from '../ports/metadata-store.ts'

/** A row with whatever a test needs. */
export interface Item extends Stored {
  readonly [member: string]: unknown
}

/** The table of the suite. */
export const items: TableDefinition<Item> = {
  name: 'contract_items',
  indexes: {
    by_value: { fields: ['value'] },
    by_group: { fields: ['group', 'rank'] },
    by_name: { fields: ['name'], unique: true },
    by_pair: { fields: ['pair.left', 'pair.right'], unique: true },
    by_tag: { fields: ['tags', 'rank'] },
    by_member: { fields: ['members.user_id', 'rank'] },
  },
}

/** What the parts of the suite share. */
export interface StoreUnderTest {
  readonly another: (() => Promise<MetadataStore>) | undefined
  store(): MetadataStore
  /** Of `items`, migrated. */
  table(): Table<Item>
}

/** A row that was never changed; its `_id` follows from `number`, and so does their order. */
export function itemOf(number: number, members: Record<string, unknown> = {}): Item {
  return { _id: idOf(number), revision: 0, created_at: new Date(Date.UTC(2026, 0, 1) + number), ...members }
}

/** 24 hex digits, in the order of the numbers. */
export function idOf(number: number): string {
  return number.toString(16).padStart(24, '0')
}
