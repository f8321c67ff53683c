import { Module } from '@nestjs/common'
import { SocketServer } from './socket-server.js'

/** The WebSockets of both APIs. */
@Module({ providers: [SocketServer], exports: [SocketServer] })
export class SubscriptionsModule {}
