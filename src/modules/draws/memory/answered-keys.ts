import { Injectable, type OnModuleInit } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { RedisService } from '../../../platform/redis/redis.service.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import type { Decided } from '../decision.service.js'
import { fingerprint } from '../domain/answer.js'
import type { DecidedDraws, DrawRequest } from '../draws.types.js'
import { type Closure, ClosureService } from './closure.service.js'
import { RedisVisits } from './redis-visits.js'

const ANSWERS_MAX = 50_000

interface Answer {
  readonly epoch: number
  /** Without its snapshot: that would live, with all that is known by it, for as long as the answer. */
  readonly decided: Omit<DecidedDraws, 'campaign'>
  readonly drawsLeft: number | null
  /** What held when `drawsLeft` was told: the same closure, the same number. */
  readonly closure: Closure | null
}

// Neither ids nor keys have control characters.
const nameOf = (campaignId: string, userId: string, key: string) => `${campaignId}\n${userId}\n${key}`

/**
 * Answers that this process has told, under their keys: a win that is in Postgres, or a loss. What such a key is answered with
 * never changes within an epoch; how many draws are left does, unless there is no limit or nothing can be drawn any more.
 */
@Injectable()
export class AnsweredKeys implements OnModuleInit {
  readonly #answers = new LRUCache<string, Answer>({ max: ANSWERS_MAX })

  constructor(private readonly closures: ClosureService, private readonly redis: RedisService, private readonly visits: RedisVisits) {}

  onModuleInit(): void {
    // A Redis that comes back may have forgotten losses of the last second; what it and Postgres do not know is not repeated.
    this.redis.client.on('close', () => { this.#answers.clear() })
  }

  /** The answer again, CONFLICT where the key was used with other parameters, null where Redis is to be asked. */
  find(campaign: CampaignSnapshot, request: DrawRequest): Decided | 'CONFLICT' | null {
    if (campaign.test === true) return null
    const known = this.#answers.get(nameOf(campaign.id, request.userId, request.idempotencyKey))
    if (known === undefined || known.epoch !== campaign.epoch) return null
    if (known.decided.fingerprint === fingerprint(request.count, request.deviceId)) {
      if (!isUnlimited(campaign) && !this.#leavesTheSame(campaign, known)) return null
      this.visits.saved('answered_key')
      return { kind: 'decided', decided: { ...known.decided, campaign }, durable: true, replayed: true, drawsLeft: known.drawsLeft }
    }
    this.visits.saved('answered_key')
    return 'CONFLICT'
  }

  /** Draws that were told as they are: no win among them may still be undone. `closure`: what held before Redis was asked. */
  remember({ decided: { campaign, ...decided }, drawsLeft }: Decided, closure: Closure | null): void {
    if (campaign.test === true || (!isUnlimited(campaign) && closure === null)) return
    const answer: Answer = { epoch: campaign.epoch, decided, drawsLeft, closure }
    this.#answers.set(nameOf(campaign.id, decided.participantId, decided.idempotencyKey), answer)
  }

  /** Nothing was accepted since, nor has a day ended that leaves more. */
  #leavesTheSame(campaign: CampaignSnapshot, { closure }: Answer): boolean {
    return campaign.drawsPerUserDaily === null && closure !== null && closure === this.closures.current(campaign)
  }
}

const isUnlimited = ({ drawsPerUserTotal, drawsPerUserDaily }: CampaignSnapshot) => drawsPerUserTotal === null && drawsPerUserDaily === null
