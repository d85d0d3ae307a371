const units = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** `512 bytes`, `3.4 MB`; a thousand of one is one of the next. */
export function bytesInWords(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** step
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}
