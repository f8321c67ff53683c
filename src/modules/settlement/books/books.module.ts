import { Module } from '@nestjs/common'
import { PublishedStore } from '../published.store.js'
import { StreamStore } from '../stream.store.js'
import { BooksService } from './books.service.js'
import { BooksStore } from './books.store.js'
import { CutStore } from './cut.store.js'
import { PoppedListsStore } from './popped-lists.store.js'
import { TicketSampleService } from './ticket-sample.service.js'
import { PublishedCampaignsService } from './published-campaigns.service.js'

/** The audit alone, with no loop in it: for the command line too. */
@Module({
  providers: [
    PublishedStore, StreamStore, CutStore, BooksStore, TicketSampleService, PoppedListsStore, BooksService, PublishedCampaignsService,
  ],
  exports: [PublishedStore, StreamStore, CutStore, BooksService, PublishedCampaignsService],
})
export class BooksModule {}
