import { request } from 'node:http'
import { Gcra } from '../../../src/api/app/admission/gcra.js'
import type { TestApp } from '../app.js'
import { CERTAIN_PPB, createCampaign, moveCampaign } from '../fixtures.js'

type Kind = 'won' | 'lost' | 'sold' | 'coupon'
export interface Way { readonly app: TestApp; readonly campaigns: Readonly<Record<Kind, string>> }
export interface Asked { readonly body: string; readonly headers: Readonly<Record<string, string>> }
export interface Told { readonly status: number; readonly headers: Record<string, unknown>; readonly text: string }

/** Each way has campaigns of its own, alike but for their ids, so that the n-th request finds the same on both. */
export async function openWay(app: TestApp, ownerToken: string): Promise<Way> {
  const publish = async (probabilityPpb: number, stockTotal: number, more = {}, kind: 'POINTS' | 'COUPON_CODE' = 'POINTS') => {
    const prizes = [{ name: 'Prize "1" <b> 🎁', kind, probabilityPpb, stockTotal, value: { amountMinor: 5, currency: 'CNY' } }]
    return (await moveCampaign(app, ownerToken, 'publish', await createCampaign(app, ownerToken, { prizes, drawsPerUserTotal: 1_000, ...more }))).id
  }
  return {
    app,
    campaigns: {
      won: await publish(CERTAIN_PPB, 100_000),
      lost: await publish(0, 10),
      sold: await publish(CERTAIN_PPB, 1, { mechanic: 'FLASH_SALE' }),
      // Its code is read where it is asked for: the general way answers what the compiled one has begun.
      coupon: await publish(CERTAIN_PPB, 100_000, {}, 'COUPON_CODE'),
    },
  }
}

/** Not by fetch, which sends an Accept of its own. */
export async function send({ app, campaigns }: Way, asked: Asked, key: string): Promise<Told> {
  const text = asked.body.replaceAll('"KEY"', JSON.stringify(key)).replace(/CAMPAIGN-(\w+)/g, (_, name: Kind) => campaigns[name])
  return new Promise((resolve, reject) => {
    const sent = request(app.graphqlUrl, { method: 'POST', headers: { ...asked.headers, 'content-length': Buffer.byteLength(text) } }, (answer) => {
      let told = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => { told += part })
      answer.on('end', () => { resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: told }) })
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

/** Without what must differ, which is told by what it is. */
export function comparable({ app, campaigns }: Way, { status, headers: { date: _, 'x-request-id': id, ...told }, text }: Told): Told {
  let same = text.replaceAll(String(id), 'REQUEST').replaceAll(app.url, 'URL')
  for (const [name, campaignId] of Object.entries(campaigns)) same = same.replaceAll(campaignId, `CAMPAIGN-${name}`)
  same = same.replace(/"[0-9A-Za-z]{16,40}"/g, '"DRAW"').replace(/"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"UUID"').replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
  return { status, headers: told, text: same }
}

/** A metric by its name, or by its name and labels, of this app. */
export async function metric({ app }: Way, name: string): Promise<number> {
  const line = (await (await fetch(app.metricsUrl)).text()).split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

/** All samples of these metrics, as they are written. */
export async function samples({ app }: Way, names: readonly string[]): Promise<string[]> {
  const text = await (await fetch(app.metricsUrl)).text()
  return text.split('\n').filter((line) => names.some((name) => new RegExp(`^${name}[{ ]`).test(line))).sort()
}

/**
 * What the rates of every app in this process take for now, until `restore`. Two ways that are asked one after the other would else refuse
 * different requests, and for different times.
 */
export function rateClock(): { nowMs: number; restore(): void } {
  const { admit } = Gcra.prototype
  const clock = { nowMs: 0, restore: () => { Gcra.prototype.admit = admit } }
  Gcra.prototype.admit = function at(this: Gcra, limits) {
    Object.assign(this, { now: () => clock.nowMs })
    return admit.call(this, limits)
  }
  return clock
}
