import type { KeepStep } from '@imagedoc/core'

/** Every step that gives layouts is kept, whether an output names it or not: the last one that has a page says how that page is searched. */
export const givesLayout: KeepStep = ({ outputs }) => outputs.includes('layout')
