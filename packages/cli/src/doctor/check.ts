/** One thing that the doctor looked at. */
export interface Check {
  area: 'system' | 'plugins' | 'engines' | 'languages' | 'drivers' | 'servers'
  name: string
  /** `note`: not there, and nothing is wrong with that. */
  status: 'ok' | 'note' | 'wrong'
  message: string
  remedy?: string
}
