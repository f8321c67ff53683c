import type { RiskEntry, RiskList, RiskParty, RiskSubject, VelocityRule } from '../risk.types.js'
import { IpRanges, parseIp } from './ip.js'

class Members {
  readonly #participants = new Set<string>()
  readonly #devices = new Set<string>()
  readonly #ranges = new IpRanges()

  add(subject: RiskSubject, value: string): void {
    if (subject === 'PARTICIPANT') this.#participants.add(value)
    else if (subject === 'DEVICE') this.#devices.add(value)
    else this.#ranges.add(value)
  }

  has({ userId, deviceId, ip }: RiskParty): boolean {
    if (this.#participants.has(userId) || (deviceId !== null && this.#devices.has(deviceId))) return true
    const address = ip === null ? null : parseIp(ip)
    return address !== null && this.#ranges.has(address)
  }
}

type Scope = Record<RiskList, Members>
const WHOLE_TENANT = ''

/** One tenant's lists and rules at one version, made for looking up; never changed. */
export class TenantLists {
  readonly #scopes = new Map<string, Scope>()
  readonly #rules = new Map<string, readonly VelocityRule[]>()
  readonly size: number

  constructor(
    readonly version: number,
    entries: ReadonlyArray<Pick<RiskEntry, 'campaignId' | 'list' | 'subject' | 'value'>>,
    private readonly rules: readonly VelocityRule[],
  ) {
    this.size = entries.length + rules.length + 1
    for (const { campaignId, list, subject, value } of entries) {
      const name = campaignId ?? WHOLE_TENANT
      let scope = this.#scopes.get(name)
      if (scope === undefined) this.#scopes.set(name, (scope = { BLOCK: new Members(), ALLOW: new Members() }))
      scope[list].add(subject, value)
    }
  }

  allows(campaignId: string, party: RiskParty): boolean {
    return this.#listed('ALLOW', campaignId, party)
  }

  /** Without regard to the allow lists. */
  blocks(campaignId: string, party: RiskParty): boolean {
    return this.#listed('BLOCK', campaignId, party)
  }

  /**
   * The campaign's rules and the tenant's. A participant is counted in each campaign by itself, in one window of a length: of two
   * rules for it the stricter is given.
   */
  rulesFor(campaignId: string): readonly VelocityRule[] {
    let rules = this.#rules.get(campaignId)
    if (rules === undefined) this.#rules.set(campaignId, (rules = this.#applicable(campaignId)))
    return rules
  }

  #applicable(campaignId: string): VelocityRule[] {
    const applicable = this.rules.filter((rule) => rule.campaignId === null || rule.campaignId === campaignId)
    return applicable.filter(
      (rule, index) =>
        rule.subject !== 'PARTICIPANT' ||
        !applicable.some(
          (other, at) =>
            at !== index && other.subject === 'PARTICIPANT' && other.windowSeconds === rule.windowSeconds &&
            (other.drawsMax < rule.drawsMax || (other.drawsMax === rule.drawsMax && at < index)),
        ),
    )
  }

  #listed(list: RiskList, campaignId: string, party: RiskParty): boolean {
    return this.#scopes.get(WHOLE_TENANT)?.[list].has(party) === true || this.#scopes.get(campaignId)?.[list].has(party) === true
  }
}
