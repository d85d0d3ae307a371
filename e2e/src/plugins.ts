import image from '@imagedoc/plugin-image'
import ocr from '@imagedoc/plugin-ocr'
import pdf from '@imagedoc/plugin-pdf'
import slow from './slow-plugin.ts'

/** What the processes of an installation are started with. */
export const plugins = [image(), pdf(), ocr(), slow()]
