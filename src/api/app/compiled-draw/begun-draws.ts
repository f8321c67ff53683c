import type { IncomingMessage } from 'node:http'
import { Injectable } from '@nestjs/common'
import type { DrawPayload } from '../../../generated/app.graphql.js'

/** Draws that were begun on the compiled way and are to be answered on the general way. Each is drawn once. */
@Injectable()
export class BegunDraws {
  readonly #begun = new WeakMap<IncomingMessage, Promise<DrawPayload>>()

  /** `request`: Node's, of which each way has the same. */
  hand(request: IncomingMessage, payload: Promise<DrawPayload>): void {
    this.#begun.set(request, payload)
  }

  has(request: IncomingMessage): boolean {
    return this.#begun.has(request)
  }

  take(request: IncomingMessage | undefined): Promise<DrawPayload> | undefined {
    return request === undefined ? undefined : this.#begun.get(request)
  }
}
