import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import type { DrawView } from './draws.types.js'

const DRAWS_MAX = 50_000
// A settled draw's award goes on changing, and another process may settle: what is remembered is believed for a moment only.
const REMEMBERED_MS = 1_000

/** The first level of the read path: draws that this process has just answered or read. */
@Injectable()
export class DrawMemory {
  readonly #draws = new LRUCache<string, { readonly tenantId: string; readonly draw: DrawView }>({ max: DRAWS_MAX, ttl: REMEMBERED_MS })

  remember(tenantId: string, draws: readonly DrawView[]): void {
    for (const draw of draws) this.#draws.set(draw.id, { tenantId, draw })
  }

  find(tenantId: string, drawId: string): DrawView | null {
    const known = this.#draws.get(drawId)
    return known?.tenantId === tenantId ? known.draw : null
  }
}
