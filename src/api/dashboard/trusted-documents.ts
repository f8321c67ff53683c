import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { badInput } from '../../common/errors.js'
import { ADMIN_PATH } from '../graphql/graphql-http.js'

/**
 * The dashboard names its operations by the hash of their text rather than sending it: `{ "documentId": "sha256:…" }` in
 * the place of `query`. Other callers send what they like, as ever. Call before the GraphQL routes are registered.
 */
export function acceptDocumentIds(fastify: FastifyInstance, documents: ReadonlyMap<string, string>): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url !== ADMIN_PATH) return
    const own = [(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
      const { body } = request
      if (typeof body !== 'object' || body === null || !('documentId' in body) || 'query' in body) return done()
      const query = typeof body.documentId === 'string' ? documents.get(body.documentId) : undefined
      // A page that was loaded before the product was updated: it asks its reader to load it again.
      if (query === undefined) return done(badInput('documentId', 'names no operation of this version of the dashboard'))
      Object.assign(body, { query })
      done()
    }]
    route.preValidation = route.preValidation === undefined ? own : own.concat(route.preValidation as typeof own)
  })
}
