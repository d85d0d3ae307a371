import type { Descriptor } from '@imagedoc/core'

/** Where a blob store can let a client fetch bytes itself: whoever has the address gets them, without a token, until it ends. */
export interface PresignedDownloads {
  /**
   * An address that gives these bytes as an attachment with this name, for a short time. Undefined when they can only come through the server.
   * @throws STORE_FAILED
   */
  linkTo(descriptor: Descriptor, options: { name: string }): Promise<string | undefined>
}
