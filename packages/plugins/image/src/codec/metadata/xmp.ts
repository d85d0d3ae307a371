/** What XMP repeats of the pixels' layout, which is not that of the written file: decoding has turned it, and later steps made it another size. */
const stale = [
  'tiff:(?:Orientation|ImageWidth|ImageLength|XResolution|YResolution|ResolutionUnit|BitsPerSample|SamplesPerPixel|Compression|PhotometricInterpretation|PlanarConfiguration|YCbCrSubSampling|YCbCrPositioning|NativeDigest)',
  'exif:(?:PixelXDimension|PixelYDimension|ColorSpace|NativeDigest)',
  'photoshop:(?:ColorMode|ICCProfile)',
  'xmpNote:HasExtendedXMP',
].join('|')
const attributes = new RegExp(`\\s+(?:${stale})\\s*=\\s*(?:"[^"]*"|'[^']*')`, 'g')
const elements = new RegExp(`<(${stale})(?:\\s[^>]*)?(?:/>|>[^<]*(?:<rdf:[^<]*|</rdf:[^<]*)*</\\1\\s*>)`, 'g')

/** The packet without what describes the pixels' layout. */
export function withoutLayout(xmp: string): string {
  return xmp.replace(attributes, '').replace(elements, '')
}
