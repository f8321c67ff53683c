import { Global, Module } from '@nestjs/common'
import { Leadership } from './leadership.js'
import { PrismaService } from './prisma.service.js'
import { SqlService } from './sql.service.js'

@Global()
@Module({ providers: [SqlService, PrismaService, Leadership], exports: [SqlService, PrismaService, Leadership] })
export class PrismaModule {}
