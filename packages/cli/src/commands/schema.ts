import { resolve } from 'node:path'
import type { Parsed } from '../arguments/parse.ts'
import { openImageDoc } from '../configuration/open-image-doc.ts'
import { writeWhole } from '../outputs/write-file.ts'
import { writeJson } from '../report/streams.ts'

/** `imagedoc schema`. */
export async function schema({ values }: Parsed<'schema'>): Promise<number> {
  await using imagedoc = await openImageDoc({ ...values, withoutCache: true })
  if (values.output === undefined) writeJson(imagedoc.schema())
  else await writeWhole(resolve(values.output), `${JSON.stringify(imagedoc.schema(), null, 2)}\n`)
  return 0
}
