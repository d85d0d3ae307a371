import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import example from 'imagedoc-plugin-example'

export default defineConfig({ plugins: [image(), example()] })
