import { Injectable } from '@nestjs/common'
import type { DrawPayload } from '../../../generated/app.graphql.js'

/** Draws that were begun on the compiled way and are to be answered on the general way. Each is drawn once. */
@Injectable()
export class BegunDraws {
  readonly #begun = new WeakMap<object, Promise<DrawPayload>>()

  /** `request`: the HTTP request, of which each way has the same. */
  hand(request: object, payload: Promise<DrawPayload>): void {
    this.#begun.set(request, payload)
  }

  take(request: object): Promise<DrawPayload> | undefined {
    return this.#begun.get(request)
  }
}
