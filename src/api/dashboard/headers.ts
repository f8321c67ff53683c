import type { FastifyReply } from 'fastify'

/**
 * Scripts come from files of ours alone, whatever text finds its way into a page. Styles too, but for the few elements
 * that carry the answer's nonce: the components write the theme's colours into them.
 */
const policy = (nonce: string) => [
  `default-src 'none'`, `script-src 'self'`, `style-src 'self' 'nonce-${nonce}'`, `img-src 'self' data:`, `font-src 'self'`,
  `connect-src 'self'`, `frame-src 'self'`, `form-action 'self'`, `base-uri 'none'`, `frame-ancestors 'none'`,
].join('; ')

/** The queue desk, which lies in a frame of the dashboard's: its files are found by a base of ours, and one of them is a worker. */
const DESK_POLICY = [
  `default-src 'none'`, `script-src 'self'`, `worker-src 'self'`, `style-src 'self'`, `img-src 'self' data:`, `font-src 'self'`,
  `connect-src 'self'`, `form-action 'none'`, `base-uri 'self'`, `frame-ancestors 'self'`,
].join('; ')

const TRANSPORT_SECURITY_SECONDS = 31_536_000

/** What every page of the dashboard is sent with. */
export const securePage = (reply: FastifyReply, nonce: string, publicUrl: string): FastifyReply => secure(reply, policy(nonce), 'DENY', publicUrl)

export const secureDesk = (reply: FastifyReply, publicUrl: string): FastifyReply => secure(reply, DESK_POLICY, 'SAMEORIGIN', publicUrl)

function secure(reply: FastifyReply, contentPolicy: string, framedBy: 'DENY' | 'SAMEORIGIN', publicUrl: string): FastifyReply {
  void reply.headers({
    'content-security-policy': contentPolicy,
    'x-frame-options': framedBy,
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  })
  if (publicUrl.startsWith('https:')) void reply.header('strict-transport-security', `max-age=${TRANSPORT_SECURITY_SECONDS}`)
  return reply
}
