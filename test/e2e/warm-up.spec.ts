import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { RiskService } from '../../src/modules/risk/risk.service.js'
import { Readiness } from '../../src/platform/http/readiness.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { createCampaign, createLiveCampaign, type LiveCampaign, moveCampaign } from '../support/fixtures.js'
import { eventually } from '../support/rows.js'

let first: TestApp
let lives: LiveCampaign[]
beforeAll(async () => {
  first = await bootApp()
  lives = [await createLiveCampaign(first), await createLiveCampaign(first)]
  await createCampaign(first, lives[0]!.token)
  const over = await createLiveCampaign(first)
  await moveCampaign(first, over.token, 'end', over.campaign)
  await first.stop()
})
afterAll(() => first?.close())

it.each(['all', 'api', 'worker'])('a process that says it is ready has read what draws need: ROLE=%s', async (ROLE) => {
  const app = await bootApp({ env: { ROLE, DATABASE_POOL_MAX: '6' }, on: first })
  try {
    await eventually(async () => { expect(app.app.get(Readiness).report().checks).toMatchObject({ campaigns: 'ok' }) })
    const sql = app.app.get(SqlService)
    expect(sql.pool.totalCount).toBe(6)
    expect(app.app.get(Readiness).report().checks.api).toBe(ROLE === 'worker' ? undefined : 'ok')
    let asked = 0
    const tenant = sql.tenant.bind(sql)
    const counted: typeof tenant = (...args) => {
      asked++
      return tenant(...args)
    }
    Object.assign(sql, { tenant: counted })
    const snapshots = app.app.get(SnapshotService, { strict: false })
    for (const live of lives) {
      const snapshot = await snapshots.get(live.tenant.tenantId, live.campaign.id)
      await app.app.get(RiskService, { strict: false }).verdict(snapshot!, { userId: 'ada', deviceId: null, ip: null })
    }
    if (ROLE === 'api') expect(asked).toBe(0)
  } finally {
    await app.stop()
  }
})
