import { CloseCode, type Server } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Connection, SocketAuth } from './connection.js'

const PING_MS = 15_000
/** A client that reads no more is let go before its messages fill the memory. */
const BUFFERED_BYTES_MAX = 1_048_576

export interface SocketHandlers {
  readonly onFailure: (error: unknown) => void
  readonly onClose: () => void
}

/** Joins one WebSocket to the GraphQL server, and keeps asking whether its client is still there. */
export function serveSocket<Auth extends SocketAuth>(
  server: Server<Connection<Auth>>, socket: WebSocket, connection: Connection<Auth>, handlers: SocketHandlers,
): void {
  const { onFailure, onClose } = handlers
  let answered = true
  socket.on('pong', () => { answered = true })
  const pinging = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, PING_MS).unref()

  const closed = server.opened({
    protocol: socket.protocol,
    send: (text) => {
      if (socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > BUFFERED_BYTES_MAX) return socket.terminate()
      return new Promise((resolve) => { socket.send(text, () => { resolve() }) }) // a failed write closes the socket, which is told below
    },
    close: (code, reason) => { socket.close(code, reason) },
    onMessage: (handle) => {
      socket.on('message', (data) => {
        handle((data as Buffer).toString('utf8')).catch((error: unknown) => {
          onFailure(error)
          socket.close(CloseCode.InternalServerError, 'Internal server error')
        })
      })
    },
  }, connection)

  socket.on('error', () => { socket.terminate() }) // the client's: a message too large, a frame that is none
  socket.once('close', (code, reason) => {
    clearInterval(pinging)
    onClose()
    Promise.resolve(closed(code, reason.toString('utf8'))).catch(onFailure)
  })
}
