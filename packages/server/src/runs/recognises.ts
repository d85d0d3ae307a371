import type { KeepStep } from '@imagedoc/core'

/** What a page was recognised as, and by what: search reads it, whether an output names it or not. */
export const recognises: KeepStep = ({ inputs, outputs }) => outputs.includes('layout') && !inputs.includes('layout')
