import { availableParallelism } from 'node:os'
import type { ServerSettings } from '../settings/settings.ts'
import { createFairQueue, type FairQueue, type FairQueueOptions } from './fair-queue.ts'
import { createFairRoom, type RoomSize } from './fair-room.ts'

const MINUTE_MS = 60_000

/** Children that make what somebody waits for. One more than cores: where one user has as many at work as there are cores, one is free for others. */
export const INTERACTIVE_CHILDREN = availableParallelism() + 1

const rooms = {
  /** Children: whatever opens a document for somebody who waits. */
  children: { size: INTERACTIVE_CHILDREN, ofUser: INTERACTIVE_CHILDREN - 1 },
  /** Files that are read through after their last byte has come. */
  checks: { size: 8, ofUser: 2 },
  /** Those of more than 64 MiB. */
  largeChecks: { size: 2, ofUser: 1 },
  /** Requests that bring bytes. */
  uploads: { size: 256, ofUser: 32 },
  /** Rows of uploads: one user's one after the other, so that two at once do not both find the same room in the quota. */
  uploadBegins: { size: 32, ofUser: 1 },
  /** Parts in memory on their way to a bucket: 8 MiB each. */
  uploadParts: { size: 4, ofUser: 2 },
  /** Answers with bytes: each has about 1 MiB in memory. */
  downloads: { size: 128, ofUser: 16 },
  searches: { size: 4, ofUser: 2 },
  explanations: { size: 4, ofUser: 2 },
  /** 30 ms of a core and 19 MiB each. Without a login, so that the user is an address. */
  passwords: { size: 3, ofUser: 2 },
  /** Live events: they cost little and last long. */
  streams: { size: 4096, ofUser: 64 },
} as const satisfies Record<string, RoomSize>

interface QueueRow extends Omit<FairQueueOptions, 'limitMs'> {
  readonly room: keyof typeof rooms
  /** `interactive`: seconds, as the setting says. */
  readonly limitMs: number | 'interactive' | null
}

const runInstead = 'Run a pipeline on the document instead: runs have more time.'
const tryAgain = 'Try again when the server has less to do.'

/**
 * Every queue of the server. A queue that is not here cannot be made (a test looks for others), and one without a row in the walk of
 * `test/queues/walk.test.ts` does not compile. Runs have their own: rows in the database, and pages that take turns by user.
 */
const queueRows = {
  /** A child counts the pages of an uploaded file. */
  inspections: {
    room: 'children',
    waiting: 10_000,
    waitingOfUser: 300,
    limitMs: 'interactive',
    what: 'Counting the pages of the file',
    remedy: 'Make the file simpler, or save it anew with another program.',
  },
  pageImages: {
    room: 'children',
    waiting: 2000,
    waitingOfUser: 500,
    limitMs: 'interactive',
    what: 'Making the image of the page',
    remedy: runInstead,
  },
  previews: {
    room: 'children',
    waiting: 1000,
    waitingOfUser: 200,
    limitMs: 'interactive',
    what: 'Making the preview',
    remedy: runInstead,
  },
  checks: {
    room: 'checks',
    waiting: 10_000,
    waitingOfUser: 300,
    limitMs: 10 * MINUTE_MS,
    what: 'Checking the file',
    remedy: tryAgain,
  },
  largeChecks: {
    room: 'largeChecks',
    waiting: 1000,
    waitingOfUser: 300,
    limitMs: 60 * MINUTE_MS,
    what: 'Checking the file',
    remedy: tryAgain,
  },
  uploads: {
    room: 'uploads',
    waiting: 1000,
    waitingOfUser: 200,
    limitMs: null,
    what: 'Receiving the file',
    remedy: 'Ask for the offset and go on from there.',
  },
  uploadBegins: {
    room: 'uploadBegins',
    waiting: 1000,
    waitingOfUser: 300,
    limitMs: MINUTE_MS,
    what: 'Beginning the upload',
    remedy: tryAgain,
  },
  uploadParts: {
    room: 'uploadParts',
    waiting: 1000,
    waitingOfUser: 300,
    limitMs: 10 * MINUTE_MS,
    what: 'Sending a part of the file to the bucket',
    remedy: 'Ask for the offset and go on from there.',
  },
  downloads: {
    room: 'downloads',
    waiting: 1000,
    waitingOfUser: 100,
    // A reader that stands still is let go of, see `sent-body.ts`.
    limitMs: null,
    what: 'The download',
    remedy: tryAgain,
  },
  searches: {
    room: 'searches',
    waiting: 500,
    waitingOfUser: 50,
    limitMs: 'interactive',
    what: 'The search',
    remedy: 'Search one collection, or for rarer words.',
  },
  explanations: {
    room: 'explanations',
    waiting: 200,
    waitingOfUser: 20,
    limitMs: 'interactive',
    what: 'Explaining the pipeline',
    remedy: 'Explain a shorter pipeline.',
  },
  passwords: {
    room: 'passwords',
    waiting: 100,
    waitingOfUser: 50,
    limitMs: MINUTE_MS,
    what: 'Checking the password',
    remedy: tryAgain,
  },
  /** Nobody waits for a stream to end. */
  streams: {
    room: 'streams',
    waiting: 0,
    waitingOfUser: 0,
    limitMs: null,
    what: 'The stream',
    remedy: tryAgain,
  },
} as const satisfies Record<string, QueueRow>

export type QueueName = keyof typeof queueRows
export type Queues = Readonly<Record<QueueName, FairQueue>>

export const queueNames = Object.keys(queueRows) as readonly QueueName[]

/** The queues of one process. */
export function createQueues({ interactiveSeconds }: Pick<ServerSettings, 'interactiveSeconds'>): Queues {
  const opened = Object.fromEntries(Object.entries(rooms).map(([name, size]) => [name, createFairRoom(size)]))
  const queues = queueNames.map((name) => {
    const { room, limitMs, ...row }: QueueRow = queueRows[name]
    const options = { ...row, limitMs: limitMs === 'interactive' ? interactiveSeconds * 1000 : limitMs }
    return [name, createFairQueue(name, opened[room] as ReturnType<typeof createFairRoom>, options)] as const
  })
  return Object.fromEntries(queues) as unknown as Queues
}
