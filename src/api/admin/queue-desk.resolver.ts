import { Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { QueueDeskAccess } from '../queue-desk/queue-desk-access.js'

@Resolver()
export class QueueDeskResolver {
  constructor(private readonly access: QueueDeskAccess) {}

  @Query('queueDesk')
  @Roles(...may.readQueues)
  queueDesk(@Ctx() { tenantId }: Context): Promise<boolean> {
    return this.access.opensTo(tenantId)
  }
}
