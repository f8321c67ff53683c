import { Inject, Injectable } from '@nestjs/common'
import { newId } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Logger } from '../telemetry/logger.js'
import { Health, type Illness } from './health.js'

/**
 * Work beside the draws that can be off. Nothing that a draw, its answer, its settlement or its effects need is among them, nor what
 * tells operators what has happened (ADR 36).
 */
export const FEATURES = ['RECENT_WINNERS', 'WINNER_FEED', 'TEST_DRAWS', 'KEY_LAST_USE', 'LIVE_COUNTS'] as const
export type Feature = (typeof FEATURES)[number]

export interface FeatureOff {
  readonly cause: Illness | 'OPERATOR'
  readonly since: Date
}

/** A feature that a tenant's operators have switched off. */
export interface HandSwitch {
  readonly tenantId: string
  readonly feature: Feature
  readonly since: Date
}

/** When a caller may ask again for what is off, ms. */
export const FEATURE_RETRY_MS = 30_000
/** Changes by hand that are told one by one; of more, their number. */
const TOLD_MAX = 20

const isFeature = (name: string): name is Feature => FEATURES.some((feature) => feature === name)

/**
 * What is off in this process: everything by itself while the process is not well, and for a tenant what its operators have switched
 * off. Asking costs no visit to anything; FeatureWatch keeps it current.
 */
@Injectable()
export class Features {
  /** The name of this process, in its log lines and in what operators are shown. */
  readonly process = newId()
  readonly health: Health
  #byHand: ReadonlyMap<string, ReadonlyMap<Feature, Date>> = new Map()
  #changes = 0
  #ill: FeatureOff | null = null

  constructor(@Inject(CONFIG) config: Pick<RuntimeConfig, 'featuresReturnMs' | 'featuresWindowMs'>, private readonly logger: Logger) {
    this.health = new Health({ returnMs: config.featuresReturnMs, windowMs: config.featuresWindowMs })
  }

  /** Why the feature is off for the tenant; null: it is on. */
  off(tenantId: string, feature: Feature): FeatureOff | null {
    const since = this.#byHand.size === 0 ? undefined : this.#byHand.get(tenantId)?.get(feature)
    return since === undefined ? this.#ill : { cause: 'OPERATOR', since }
  }

  /** What is off by itself, for everybody; null: nothing. */
  get ill(): FeatureOff | null {
    return this.#ill
  }

  /** Grows with each change by hand that was made here. */
  get changes(): number {
    return this.#changes
  }

  /** By how many tenants it was switched off. */
  tenantsWithout(feature: Feature): number {
    let tenants = 0
    for (const switched of this.#byHand.values()) if (switched.has(feature)) tenants++
    return tenants
  }

  /** Looks at the process's health, and tells what has changed. */
  look(): void {
    if (!this.health.look()) return
    const { illness, successRate, answers } = this.health
    const before = this.#ill
    this.#ill = illness === null ? null : { cause: illness, since: before?.since ?? new Date() }
    const fields = { process: this.process, features: FEATURES, cause: illness ?? before?.cause, successRate, answers }
    if (illness === null) this.logger.info({ ...fields, since: before?.since }, 'Work beside the draws is on again')
    else if (before === null) this.logger.warn(fields, 'Work beside the draws is off until this process is well again')
    else this.logger.warn({ ...fields, before: before.cause }, 'Work beside the draws stays off, for another reason')
  }

  /**
   * All that is switched off by hand, of all tenants, as it was read when `changes` was `asOf`: not believed where something was switched
   * here meanwhile. Names that this version does not know switch nothing.
   */
  setByHand(switched: ReadonlyArray<Omit<HandSwitch, 'feature'> & { readonly feature: string }>, asOf: number): void {
    if (asOf !== this.#changes) return
    const next = new Map<string, Map<Feature, Date>>()
    for (const { tenantId, feature, since } of switched) {
      if (!isFeature(feature)) continue
      const ofTenant = next.get(tenantId) ?? new Map<Feature, Date>()
      next.set(tenantId, ofTenant.set(feature, since))
    }
    const before = this.#byHand
    this.#byHand = next
    this.#tell([...missing(before, next).map((one) => ({ ...one, to: 'AUTO' })), ...missing(next, before).map((one) => ({ ...one, to: 'OFF' }))])
  }

  /** One of them, at once in this process; null: it is no longer off. */
  switch(tenantId: string, feature: Feature, off: Date | null): void {
    this.#changes++
    const ofTenant = new Map(this.#byHand.get(tenantId))
    const was = ofTenant.has(feature)
    if (off === null) ofTenant.delete(feature)
    else ofTenant.set(feature, off)
    const next = new Map(this.#byHand)
    if (ofTenant.size === 0) next.delete(tenantId)
    else next.set(tenantId, ofTenant)
    this.#byHand = next
    if (was !== (off !== null)) this.#tell([{ tenantId, feature, to: off === null ? 'AUTO' : 'OFF' }])
  }

  #tell(changed: ReadonlyArray<{ tenantId: string; feature: Feature; to: string }>): void {
    for (const one of changed.slice(0, TOLD_MAX)) this.logger.info({ process: this.process, ...one }, 'A feature was switched by hand')
    if (changed.length > TOLD_MAX) this.logger.info({ process: this.process, more: changed.length - TOLD_MAX }, 'More features were switched by hand')
  }
}

/** What `from` holds and `other` does not. */
function missing(from: ReadonlyMap<string, ReadonlyMap<Feature, Date>>, other: typeof from): Array<{ tenantId: string; feature: Feature }> {
  return [...from].flatMap(([tenantId, features]) =>
    [...features.keys()].filter((feature) => other.get(tenantId)?.has(feature) !== true).map((feature) => ({ tenantId, feature })))
}
