import { Inject, Injectable } from '@nestjs/common'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { TenantService } from '../../modules/tenancy/tenant.service.js'

/** Whose operators may look at the queues: they are the installation's, and hold jobs of every tenant. */
@Injectable()
export class QueueDeskAccess {
  constructor(@Inject(CONFIG) private readonly config: RuntimeConfig, private readonly tenants: TenantService) {}

  /** Of the one tenant that QUEUE_DESK_TENANT names; where it names none, nobody's. */
  async opensTo(tenantId: string): Promise<boolean> {
    const { queueDeskTenant } = this.config
    if (queueDeskTenant === undefined) return false
    return (await this.tenants.bySlug(queueDeskTenant))?.tenantId === tenantId
  }
}
