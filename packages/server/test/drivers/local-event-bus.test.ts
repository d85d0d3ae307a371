import { describeEventBusContract } from '@imagedoc/core/testing'
import { expect, it, vi } from 'vitest'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'

describeEventBusContract('the local event bus', { create: async () => createLocalEventBus() })

it('warns of what a listener throws', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  await using bus = createLocalEventBus()
  await bus.subscribe('a', () => {
    throw new Error('a listener that throws')
  })
  await bus.publish('a', 1)
  await vi.waitFor(() => expect(warned).toHaveBeenCalledWith(expect.objectContaining({ message: 'a listener that throws' })))
  warned.mockRestore()
})
