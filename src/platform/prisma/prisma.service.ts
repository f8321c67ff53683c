import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { PrismaPg } from '@prisma/adapter-pg'
import { isUuid } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { type Prisma, PrismaClient } from '../../generated/prisma/client.js'
import { SqlService } from './sql.service.js'

/** A transaction that is bound to one tenant. */
export type Tx = Prisma.TransactionClient

/** Prisma for configuration data, on the same pool and role as the hot path's SQL. */
@Injectable()
export class PrismaService implements OnApplicationShutdown {
  readonly #client: PrismaClient
  readonly #timeoutMs: number

  constructor(@Inject(CONFIG) config: RuntimeConfig, sql: SqlService) {
    this.#timeoutMs = config.databaseTimeoutMs
    this.#client = new PrismaClient({ adapter: new PrismaPg(sql.pool), errorFormat: 'minimal' })
  }

  /** One transaction that sees and writes rows of `tenantId` alone. */
  tenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
    if (!isUuid(tenantId)) throw new TypeError('A tenant id must be a UUID')
    return this.#client.$transaction(
      async (tx) => {
        await tx.$executeRaw`SELECT set_config('app.tenant_id', ${tenantId}, true)`
        return fn(tx)
      },
      { maxWait: this.#timeoutMs, timeout: this.#timeoutMs * 2 },
    )
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#client.$disconnect()
  }
}
