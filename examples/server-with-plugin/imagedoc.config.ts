import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import example from 'imagedoc-plugin-example'

export default defineConfig({ plugins: [image(), pdf(), example()] })
