import { encodeDrawId } from '../../../common/draw-id.js'
import type { EventEnvelope } from '../../../platform/events/event.types.js'
import type { Change } from './changes.js'

const SOURCE = '/drawbridge/postgres'

/** Where a draw's public id begins: its campaign's number and its bucket. */
export interface PublicPlace {
  readonly campaignNo: number
  readonly bucket: number
}

export function envelope(change: Change, place: PublicPlace): EventEnvelope {
  const drawId = encodeDrawId({ snowflake: BigInt(change.after.id), ...place })
  const common = { specversion: '1.0', source: SOURCE, time: new Date(change.committedAtMs).toISOString(), tenantid: change.after.tenant_id } as const
  const source = { lsn: change.lsn, table: change.table, ts_ms: change.committedAtMs }
  if (change.table === 'draw') {
    return {
      ...common,
      id: `draw/${change.after.id}`,
      type: 'drawbridge.draw.settled',
      subject: drawId,
      ...(change.traceParent === null ? {} : { traceparent: change.traceParent }),
      data: { op: change.op, before: change.before, after: change.after, source },
    }
  }
  return {
    ...common,
    id: `award/${change.after.id}/${change.after.version}`,
    type: 'drawbridge.award.changed',
    subject: `A${drawId}`,
    data: { op: change.op, before: change.before, after: change.after, source },
  }
}
