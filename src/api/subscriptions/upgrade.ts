import type { Duplex } from 'node:stream'

/** Answers an upgrade request that is not to become a WebSocket. */
export function refuseUpgrade(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}
