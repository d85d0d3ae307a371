import type { CommandSpecification } from '../arguments/specification.ts'
import { dataFolder, everywhere, json, quiet } from './options.ts'

const places =
  'A place is a folder, or a bucket as s3://BUCKET/PREFIX. A bucket is reached by IMAGEDOC_BACKUP_S3_ENDPOINT, _REGION, _ACCESS_KEY and _SECRET_KEY, or by IMAGEDOC_S3_* where none of these is set.'
const secrets =
  'Who can read a backup can read all documents, and can sign in the name of the server: keep it as safe as the database itself. See docs/backup.md.'

/** Safe-keeping; see `commandTable`. */
export const backupCommands = {
  backup: {
    summary: 'Copy everything that a server keeps to another place, while it goes on serving.',
    usage: 'DIR|s3://BUCKET/PREFIX [options]',
    details: [
      `${places} Files that are there of earlier backups are not copied again. Ctrl-C leaves the backups that are complete as they are.`,
      secrets,
    ],
    positionals: { min: 1, max: 1, missing: 'backup needs a place: imagedoc backup DIR, or imagedoc backup s3://BUCKET/PREFIX.' },
    options: {
      keep: {
        type: 'string',
        value: 'N',
        summary: 'Afterwards keep the newest N backups there, and remove the others with what they alone hold. Default: keep all.',
      },
      data: dataFolder,
      json: json('{ "name", "documents", "rows", "copied", "there", "bytes", "lost", "pruned" }'),
      quiet,
      ...everywhere,
    },
    examples: ['imagedoc backup /mnt/backup/imagedoc --keep 14', 'imagedoc backup s3://safe-place/imagedoc'],
  },
  restore: {
    summary: 'Bring a backup into an empty place, checked byte by byte; or look at backups.',
    usage: 'DIR|s3://BUCKET/PREFIX [options]',
    details: [
      `${places} The backup goes where the variables of a server lead: to the data folder, or to MongoDB and S3, whichever it was made of. No server may run there, and the database must be empty. A restore that was interrupted goes on when the same command is given again; until it has ended no server starts there.`,
      secrets,
    ],
    positionals: {
      min: 1,
      max: 1,
      missing: 'restore needs the place of a backup: imagedoc restore DIR, or imagedoc restore s3://BUCKET/PREFIX.',
    },
    options: {
      backup: { type: 'string', value: 'NAME', summary: 'This backup. Default: the newest that is complete.' },
      list: { type: 'boolean', summary: 'List the complete backups, and restore nothing.' },
      verify: { type: 'boolean', summary: 'Read all of the backup and check it by its digests, and restore nothing.' },
      'leave-out-damaged': {
        type: 'boolean',
        summary: 'Restore without the documents and versions whose files are missing or damaged in the backup.',
      },
      data: dataFolder,
      json: json('what was restored, listed or verified'),
      quiet,
      ...everywhere,
    },
    examples: ['imagedoc restore /mnt/backup/imagedoc --verify', 'imagedoc restore /mnt/backup/imagedoc --data /var/lib/imagedoc'],
  },
} as const satisfies Record<string, CommandSpecification>
