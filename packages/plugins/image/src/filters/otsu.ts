/** How often each value occurs. */
export function histogram(data: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256)
  for (let i = 0; i < data.length; i++) counts[data[i] as number]! += 1
  return counts
}

/**
 * The level that separates dark from light best: values above it are light. The middle, when several levels do equally well.
 * @see Otsu, A Threshold Selection Method from Gray-Level Histograms, 1979
 */
export function otsuLevel(counts: Uint32Array): number {
  let total = 0
  let sum = 0
  for (let value = 0; value < 256; value++) {
    total += counts[value] as number
    sum += value * (counts[value] as number)
  }
  let [dark, darkSum, best, low, high] = [0, 0, -1, 127, 127]
  for (let level = 0; level < 256; level++) {
    dark += counts[level] as number
    darkSum += level * (counts[level] as number)
    const light = total - dark
    if (dark === 0 || light === 0) continue
    const distance = darkSum / dark - (sum - darkSum) / light
    const variance = dark * light * distance * distance
    if (variance > best) [best, low, high] = [variance, level, level]
    else if (variance === best) high = level
  }
  return (low + high) >> 1
}

/** Every value through a table of 256. */
export function lookUp(data: Uint8Array, table: Uint8Array, out: Uint8Array = new Uint8Array(data.length)): Uint8Array {
  for (let i = 0; i < data.length; i++) out[i] = table[data[i] as number] as number
  return out
}
