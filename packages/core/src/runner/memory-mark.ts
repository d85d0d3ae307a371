/** What a child says on stderr before it ends itself for want of memory: a signal carries no reason. */
export const MEMORY_MARK = 'imagedoc: over the memory limit'
