import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { QueuePort } from '../../platform/queue/queue.port.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { WalletService } from '../user-center/wallet.service.js'

export const FULFILMENT_QUEUE = 'fulfilment'
export const DELIVER_JOB = 'deliver'
export interface DeliverJob { readonly tenantId: string }

const WAKE_WINDOW_MS = 50

/** Wakes the workers when a tenant has awards to deliver. A wake that is lost costs a second: the sweep finds them. */
@Injectable()
export class FulfilmentService implements OnModuleInit, OnModuleDestroy {
  readonly #awake = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly queue: QueuePort,
    private readonly wallets: WalletService,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    if (this.config.role !== 'api') this.wallets.onAwards((tenantId) => { this.wake(tenantId) })
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer)
  }

  wake(tenantId: string): void {
    this.#awake.add(tenantId)
    this.#timer ??= setTimeout(() => void this.#send(), WAKE_WINDOW_MS)
  }

  async #send(): Promise<void> {
    const tenants = [...this.#awake]
    this.#awake.clear()
    this.#timer = undefined
    try {
      const jobs = tenants.map((tenantId) => ({ name: DELIVER_JOB, data: { tenantId } satisfies DeliverJob, options: { jobId: tenantId } }))
      await this.queue.addMany(FULFILMENT_QUEUE, jobs)
    } catch (error) {
      this.logger.debug({ err: error, tenants: tenants.length }, 'Fulfilment could not be woken; the sweep finds the awards')
    }
  }
}
