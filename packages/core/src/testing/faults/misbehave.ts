/** The ways in which an operation may take its thread or process along. */
export type Misbehaviour = 'exit' | 'segfault' | 'abort' | 'uncaught' | 'hang' | 'throw' | 'wrong'

export function misbehave(how: Misbehaviour): void {
  if (how === 'exit') process.exit(3)
  if (how === 'segfault') process.kill(process.pid, 'SIGSEGV')
  if (how === 'abort') process.abort()
  if (how === 'throw') throw new Error('The test threw /etc/passwd away.')
  if (how === 'uncaught') {
    setImmediate(() => {
      throw new Error('Nobody catches this.')
    })
  }
  // A signal needs a moment to arrive, and an uncaught error a turn of the loop.
  if (how === 'hang' || how === 'segfault') for (;;) Math.random()
}
