import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers the n-th request (from 1 on); what it does not end stays open. */
export type Answering = (response: ServerResponse, n: number, received: Received) => void

export const answering = (...statuses: number[]): Answering => (response, n) => {
  response.statusCode = statuses[Math.min(n, statuses.length) - 1] ?? 200
  response.end(response.statusCode === 200 ? '' : 'not now')
}

/** A webhook's receiver on this machine. What it has done counts by `webhook-id`, once, as receivers are asked to. */
export async function startReceiver(answer: Answering = answering(200)) {
  const received: Received[] = []
  let behaviour = answer
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
      received.push(one)
      behaviour(response, received.length, one)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/awards`,
    received,
    keys: () => new Set(received.map(({ headers }) => headers['webhook-id'])),
    becomes: (next: Answering) => { behaviour = next },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
