import { BullAdapter } from '@bull-board/api/bullAdapter'
import { createBullBoard } from '@bull-board/api'
import type { Queue } from 'bull'
import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify'
import { secureDesk } from '../dashboard/headers.js'
import { deskGuard, type DeskGuard } from './desk-guard.js'
import { outlineOf } from './outline.js'
import { ReadOnlyBoard } from './read-only-board.js'
import { strictPage } from './strict-page.js'

const DESK_PATH = '/admin/queues-board'
const METHODS: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

interface QueueDesk extends DeskGuard {
  readonly queues: readonly Queue[]
  readonly publicUrl: string
}

/** Bull's queues to look at, within the dashboard's screen of that name. Nothing of it is there for whom the guard does not let in. */
export function serveQueueDesk(fastify: FastifyInstance, { queues, publicUrl, ...guard }: QueueDesk): void {
  const board = new ReadOnlyBoard()
  board.setBasePath(DESK_PATH)
  createBullBoard({
    queues: queues.map(lookedAt),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Drawbridge', hideDocsLink: true, hideRedisDetails: true, showWorkers: false } },
  })
  void fastify.register((desk, _options, done) => {
    desk.addHook('onRequest', deskGuard(guard))
    desk.addHook('onSend', (_request, reply, payload, next) => { send(reply, payload, publicUrl, next) })
    void desk.register(board.registerPlugin(), { prefix: DESK_PATH })
    // What the board does not know is not left to the dashboard's page, which is everybody's.
    desk.route({
      method: METHODS, url: `${DESK_PATH}/*`,
      handler: (request, reply) => reply.code(request.method === 'GET' ? 404 : 405).type('text/plain').send('The queues can be looked at, and nothing else'),
    })
    done()
  })
}

function lookedAt(queue: Queue): BullAdapter {
  const adapter = new BullAdapter(queue, { readOnlyMode: true })
  for (const field of ['data', 'returnValue'] as const) adapter.setFormatter(field, outlineOf)
  return adapter
}

function send(reply: FastifyReply, payload: unknown, publicUrl: string, next: (error: Error | null, payload?: unknown) => void): void {
  void secureDesk(reply, publicUrl)
  const isFile = reply.statusCode === 200 && /^(?:text\/(?:javascript|css)|image\/|application\/javascript)/.test(String(reply.getHeader('content-type')))
  void reply.header('cache-control', isFile ? 'private, no-cache' : 'no-store')
  if (typeof payload !== 'string' || !String(reply.getHeader('content-type')).startsWith('text/html')) return next(null, payload)
  try {
    next(null, strictPage(payload))
  } catch (error) {
    next(error instanceof Error ? error : new Error(String(error)))
  }
}
