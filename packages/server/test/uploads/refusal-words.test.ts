import { createImageDoc, createMemoryResultCache } from '@imagedoc/core'
import { limits } from '@imagedoc/fixtures'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { describe, expect, it } from 'vitest'
import { createQueues } from '../../src/queues/queues.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { checkFile } from '../../src/uploads/check.ts'

describe('an upload of a type that is known and not taken', () => {
  it.each([
    ['photo.heic', 'a HEIC or HEIF image (image/heic), which is not read. Its decoders are under the LGPL'],
    ['scan.jxl', 'a JPEG XL image (image/jxl), which is not read. Convert it to PNG or TIFF first.'],
    [
      'letter.docx',
      'an Office document (DOCX, XLSX or PPTX) (application/vnd.openxmlformats-officedocument), which is not read. Save it as PDF first.',
    ],
  ])('is refused by name and with what to do: %s', async (fileName, words) => {
    await using interactive = createImageDoc({ plugins: [image(), pdf()], cache: createMemoryResultCache() })
    const bytes = (await limits.find(({ name }) => name === fileName)?.bytes()) ?? new Uint8Array()
    // By its content, whatever it is called.
    const open = async () => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    const { signal } = new AbortController()
    const arrived = { fileName: 'page.jpg', size: bytes.length, open, userId: 'ana', acceptDamaged: false, signal }
    const refused = await checkFile(
      { interactive, queues: createQueues({ interactiveSeconds: 15 }), settings: readSettings({}) },
      arrived,
    ).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining(words) })
  })
})
