import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type BuiltFile, type DashboardBuild, NONCE } from './build.js'
import { securePage } from './headers.js'

const DASHBOARD_PATH = '/admin'
const NONCE_BYTES = 16
const IMMUTABLE = 'public, max-age=31536000, immutable'

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Drawbridge</title>
<h1>The dashboard is not built</h1>
<p>Run <code>npm run build:ui</code> and start this process again. <code>npm start</code> and the Docker image do so by themselves.</p></html>`

/**
 * The operators' dashboard: its files, and for every other path below /admin the one page that finds the screen by its
 * address. Register it after the hooks that observe requests; the APIs below /admin are routes of their own.
 */
export function serveDashboard(fastify: FastifyInstance, build: DashboardBuild | null, publicUrl: string): void {
  const page = (_request: FastifyRequest, reply: FastifyReply) => {
    const nonce = randomBytes(NONCE_BYTES).toString('base64')
    void securePage(reply, nonce, publicUrl).header('cache-control', 'no-store').type('text/html; charset=utf-8')
    return build === null ? reply.code(503).send(MISSING) : reply.send(build.index.replaceAll(NONCE, nonce))
  }
  fastify.get(DASHBOARD_PATH, page)
  fastify.get<{ Params: { '*': string } }>(`${DASHBOARD_PATH}/*`, (request, reply) => {
    const path = request.params['*']
    const file = build?.files.get(path)
    if (file !== undefined) return sendFile(request, reply, file)
    // A page in the place of a script would hide that the script is gone.
    if (path.startsWith('assets/') || path.includes('.')) return reply.code(404).header('cache-control', 'no-store').type('text/plain').send('There is no such file')
    return page(request, reply)
  })
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: BuiltFile): FastifyReply {
  void reply.headers({
    'cache-control': file.immutable ? IMMUTABLE : 'no-cache', etag: file.etag, vary: 'accept-encoding', 'cross-origin-resource-policy': 'same-origin',
  })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  void reply.type(file.type)
  const { encoding, body } = shortest(file, request.headers['accept-encoding'] ?? '')
  if (encoding !== null) void reply.header('content-encoding', encoding)
  return reply.send(body)
}

function shortest({ plain, gzip, brotli }: BuiltFile, accepted: string): { encoding: string | null; body: Buffer } {
  const takes = (encoding: string) => new RegExp(`(?:^|,)\\s*${encoding}\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$))[\\d.]+\\s*)?(?:,|$)`, 'i').test(accepted)
  if (brotli !== null && takes('br')) return { encoding: 'br', body: brotli }
  if (gzip !== null && takes('gzip')) return { encoding: 'gzip', body: gzip }
  return { encoding: null, body: plain }
}
