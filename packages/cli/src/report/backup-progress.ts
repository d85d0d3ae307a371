import type { BackupProgress } from '@imagedoc/server'
import { bytesInWords } from './bytes-in-words.ts'
import { count } from './failure-list.ts'

/** `1204 rows, 12 files copied (3.4 MB), 340 there already` */
export function backupProgress({ rows, copied, bytes, there }: BackupProgress): string {
  return `${count(rows, 'row')}, ${count(copied, 'file')} copied (${bytesInWords(bytes)}), ${there} there already`
}
