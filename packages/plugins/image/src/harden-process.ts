import sharp from 'sharp'

/**
 * The loaders of the types that the codec decodes, from memory and from the file of a large input; libvips knows some twenty more, several marked as
 * unfit for other people's bytes.
 */
const loaders = ['Jpeg', 'Png', 'Webp', 'Tiff', 'Heif'].flatMap((name) => [`VipsForeignLoad${name}Buffer`, `VipsForeignLoad${name}File`])

/**
 * Makes the settings that belong to a process and not to a library: only the codec's loaders, no cache of operations (it saved no time
 * and cost 60 MB), one thread per image (pages run side by side instead). The command, threads, children and workers call it once;
 * importing this package changes nothing.
 * @param options.concurrency threads that libvips uses for one image. @default 1
 */
export function hardenProcess(options: { concurrency?: number } = {}): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: loaders })
  sharp.cache(false)
  sharp.concurrency(options.concurrency ?? 1)
}
