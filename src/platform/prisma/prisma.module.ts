import { Global, Module } from '@nestjs/common'
import { PrismaService } from './prisma.service.js'
import { SqlService } from './sql.service.js'

@Global()
@Module({ providers: [SqlService, PrismaService], exports: [SqlService, PrismaService] })
export class PrismaModule {}
