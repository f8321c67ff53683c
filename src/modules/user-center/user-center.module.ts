import { Module } from '@nestjs/common'
import { EventConsumersModule } from '../../platform/events/event-consumers.js'
import { WalletLedgerService } from './wallet-ledger.service.js'
import { WalletMovementService } from './wallet-movement.service.js'
import { WalletService } from './wallet.service.js'
import { WalletStore } from './wallet.store.js'

@Module({
  imports: [EventConsumersModule],
  providers: [WalletStore, WalletService, WalletLedgerService, WalletMovementService],
  exports: [WalletService, WalletLedgerService, WalletMovementService],
})
export class UserCenterModule {}
