import { setTimeout as sleep } from 'node:timers/promises'
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication'
import { formatLsn } from './domain/lsn.js'

const PUBLICATION = 'drawbridge_events'
const CONNECT_TIMEOUT_MS = 5_000
const STOP_TIMEOUT_MS = 2_000

export interface ReplicationHandlers {
  /** The next message is read when this has resolved; the server waits meanwhile. */
  onMessage(message: Pgoutput.Message): Promise<void>
  /** The server has sent all up to here. `reply`: it wants to hear from us now. */
  onKeepalive(lsn: string, reply: boolean): void
}

/** Never seen by the handler: by then the reading has failed. */
const UNREADABLE: Pgoutput.Message = { tag: 'type', typeOid: 0, typeSchema: '', typeName: '' }

/** A message that cannot be parsed must end the session, not the process: the library parses inside a socket's event. */
class Plugin extends PgoutputPlugin {
  onBroken: (error: unknown) => void = () => undefined

  override parse(buffer: Buffer): Pgoutput.Message {
    try {
      return super.parse(buffer)
    } catch (error) {
      this.onBroken(error)
      return UNREADABLE
    }
  }
}

/** One reading of the slot. It acknowledges nothing by itself. */
export class Replication {
  readonly #service: LogicalReplicationService
  readonly #plugin = new Plugin({ protoVersion: 1, publicationNames: [PUBLICATION] })
  #failed = false
  #begun: Promise<unknown> = Promise.resolve()
  #tellStopped: () => void = () => undefined
  // Whoever stops the reading waits for its end, and the library promises none where it is stopped while it connects.
  readonly #stopped = new Promise<void>((resolve) => { this.#tellStopped = resolve })

  constructor(databaseUrl: string) {
    this.#service = new LogicalReplicationService(
      { connectionString: databaseUrl, application_name: 'drawbridge-replication', connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true },
      // Acknowledging on a timer would confirm what was received; only what was consumed may be confirmed.
      { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
    )
  }

  /** Reads from `fromLsn` (or from where the slot stands, if that is later) until `stop`; rejects when the reading breaks. */
  async run(slot: string, fromLsn: bigint, handlers: ReplicationHandlers): Promise<void> {
    let fail: (error: unknown) => void = () => undefined
    const broken = new Promise<never>((_, reject) => {
      fail = (error) => {
        this.#failed = true
        reject(error instanceof Error ? error : new Error('change capture broke'))
      }
    })
    broken.catch(() => undefined)
    this.#plugin.onBroken = fail
    this.#service.on('error', fail)
    this.#service.on('heartbeat', (lsn, _timestamp, reply) => handlers.onKeepalive(lsn, reply))
    this.#service.on('data', async (_lsn: string, message: Pgoutput.Message) => {
      // What follows a failure must not be taken for the next in order.
      if (this.#failed) return
      await handlers.onMessage(message).catch(fail)
    })
    if (this.#failed) return
    const reading = this.#service.subscribe(this.#plugin, slot, formatLsn(fromLsn))
    this.#begun = Promise.race([reading, new Promise<void>((resolve) => { this.#service.on('start', () => resolve()) })])
    this.#begun.catch(() => undefined)
    await Promise.race([reading, broken, this.#stopped])
  }

  /** Tells the server that all before `lsn` may be forgotten, and asks it to answer. */
  async confirm(lsn: bigint): Promise<void> {
    // The library adds one byte to what it is told, which would skip a commit record that begins exactly at `lsn`.
    if (lsn > 0n) await this.#service.acknowledge(formatLsn(lsn - 1n), true)
  }

  /** Ends the reading, whatever it is about; within twice 2 s where the server is stuck. */
  async stop(): Promise<void> {
    this.#failed = true
    // The library neither ends a connection that is being made nor lets go of it: it would come to stand after all, and hold the slot.
    await this.#within(this.#begun)
    await this.#within(this.#service.destroy())
    this.#tellStopped()
  }

  async #within(work: Promise<unknown>): Promise<void> {
    const late = new AbortController()
    const settled = work.then(() => undefined, () => undefined)
    await Promise.race([settled, sleep(STOP_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => undefined)])
    late.abort()
  }
}
