import type { INestApplicationContext } from '@nestjs/common'
import { systemContext } from '../../common/context.js'
import { BooksService } from '../../modules/settlement/books/books.service.js'
import type { BooksAudit } from '../../modules/settlement/books/books.types.js'
import { type NamedCampaign, PublishedCampaignsService } from '../../modules/settlement/books/published-campaigns.service.js'
import { type AuditOptions, UsageError } from './options.js'
import { table } from './table.js'

/** Prints how the books stand. Returns whether they balance. */
export async function checkBooks(app: INestApplicationContext, { campaign: campaignId, tenant, strict }: AuditOptions): Promise<boolean> {
  const published = await app.get(PublishedCampaignsService, { strict: false }).list()
  const wanted = published.filter(({ id, tenantSlug }) => (campaignId ?? id) === id && (tenant ?? tenantSlug) === tenantSlug)
  if (campaignId !== undefined && wanted.length === 0) throw new UsageError(`--campaign: there is no published campaign ${campaignId}`)
  const books = app.get(BooksService, { strict: false })
  const results: Array<{ campaign: NamedCampaign; audit: BooksAudit }> = []
  for (const campaign of wanted) {
    results.push({ campaign, audit: await books.audit(systemContext(campaign.tenantId, 'command line'), campaign.id, { strict }) })
  }
  const rows = results.map(({ campaign, audit }) => [
    `${campaign.tenantSlug}/${campaign.slug}`, String(audit.draws), String(audit.unsettled), audit.balanced ? 'balanced' : `${audit.violations.length} wrong`,
  ])
  console.log(results.length === 0 ? 'No campaign is published.' : table(['CAMPAIGN', 'DRAWS', 'UNSETTLED', 'BOOKS'], rows, [1, 2]))
  const wrong = results.filter((result) => !result.audit.balanced)
  for (const { campaign, audit: { violations } } of wrong) {
    console.log(`\n${campaign.tenantSlug}/${campaign.slug} (${campaign.id})`)
    for (const violation of violations) console.log(`  ${violation.invariant}  ${violation.detail}`)
  }
  return wrong.length === 0
}
