import { describe, expect, it } from '@jest/globals'
import { AppError } from '../../../src/common/errors.js'
import { NO_FACTS } from '../../../src/common/participant-facts.js'
import { fingerprint, formatOutcome, parseAnswer, parseOutcomes } from '../../../src/modules/draws/domain/answer.js'
import { validateDrawRequest } from '../../../src/modules/draws/domain/draw-request.js'
import { maskUserId } from '../../../src/modules/draws/domain/mask.js'
import { rejected } from '../../../src/modules/draws/domain/rejection.js'
import type { DrawRequest, RejectionCode } from '../../../src/modules/draws/draws.types.js'

describe('stored answers', () => {
  it('are read as the script writes them', () => {
    expect(parseAnswer('3:abc|1700000000000|9007199254740993,2,4|0,f12,7:188|5,999999999,6|17|3')).toEqual({
      fingerprint: '3:abc', createdAtMs: 1_700_000_000_000, snowflakes: [9_007_199_254_740_993n, 2n, 4n],
      outcomes: [
        { position: 0, wonAs: null, amountMinor: null }, { position: 12, wonAs: 'FALLBACK', amountMinor: null },
        { position: 7, wonAs: 'ROLL', amountMinor: 188 },
      ],
      rolls: [5, 999_999_999, 6],
      seq: 17, campaignVersion: 3, bucket: null, oddsTable: 0,
    })
  })

  it('say by what they leave out that they were rebuilt from Postgres', () => {
    expect(parseAnswer('1|1|1|3|5')).toMatchObject({ seq: null, campaignVersion: null, bucket: null })
    expect(parseAnswer('1|1|1|3|5|2')).toMatchObject({ seq: null, campaignVersion: null, bucket: 2 })
  })

  it('name the odds table that decided', () => {
    expect(parseAnswer('1|1|1|0|5|17|3|2').oddsTable).toBe(2)
  })

  it.each(['', '1', '1|2|3|4', '1|2|3|4|5|6|7|8|9'])('of another shape are refused: %p', (text) => {
    expect(() => parseAnswer(text)).toThrow('wrong number of parts')
  })

  it('keep outcomes as they are', () => {
    expect(parseOutcomes('0,3,f1000').map(formatOutcome).join(',')).toBe('0,3,f1000')
  })
})

describe('fingerprint', () => {
  it('is of the count and the device, and holds no separator', () => {
    const prints = [fingerprint(1, null), fingerprint(2, null), fingerprint(1, 'a'), fingerprint(1, 'a|b,c'), fingerprint(2, 'a')]
    expect(new Set(prints).size).toBe(prints.length)
    expect(prints.every((print) => /^[0-9a-f:]{1,128}$/.test(print))).toBe(true)
    expect(fingerprint(1, 'a')).toBe(fingerprint(1, 'a'))
  })
})

describe('maskUserId', () => {
  it.each([['alexander', 'a***r'], ['abcd', 'a***d'], ['abc', 'a***'], ['a', 'a***'], ['', '***'], ['张三李四', '张***四'], ['💥ab💥', '💥***💥']])('%p is shown as %p', (id, shown) => {
    expect(maskUserId(id)).toBe(shown)
  })
})

describe('validateDrawRequest', () => {
  const request: DrawRequest = { campaignId: 'c', userId: 'u', idempotencyKey: 'k', count: 1, deviceId: null, ip: null, facts: NO_FACTS }
  const fieldOf = (change: Partial<DrawRequest>) => {
    try {
      validateDrawRequest({ ...request, ...change })
      return null
    } catch (error) {
      return error instanceof AppError && error.code === 'BAD_USER_INPUT' ? error.details.field : 'thrown otherwise'
    }
  }

  it.each<Partial<DrawRequest>>([
    {}, { count: 10 }, { idempotencyKey: 'x'.repeat(64) }, { userId: 'x'.repeat(128) }, { deviceId: 'd' }, { ip: '192.0.2.1' }, { ip: '2001:db8::1' }, { ip: '::ffff:1.2.3.4' },
  ])('takes %p', (change) => {
    expect(fieldOf(change)).toBeNull()
  })

  it.each<[Partial<DrawRequest>, string]>([
    [{ userId: '' }, 'input.userId'], [{ userId: 'a}{b' }, 'input.userId'], [{ userId: 'a\u0000' }, 'input.userId'], [{ userId: 'x'.repeat(129) }, 'input.userId'],
    [{ idempotencyKey: '' }, 'input.idempotencyKey'], [{ idempotencyKey: 'x'.repeat(65) }, 'input.idempotencyKey'], [{ idempotencyKey: '\n' }, 'input.idempotencyKey'],
    [{ count: 0 }, 'input.count'], [{ count: 11 }, 'input.count'], [{ count: -1 }, 'input.count'], [{ count: 1.5 }, 'input.count'], [{ count: NaN }, 'input.count'],
    [{ deviceId: '' }, 'input.deviceId'], [{ deviceId: '{' }, 'input.deviceId'], [{ deviceId: 'x'.repeat(129) }, 'input.deviceId'],
    [{ ip: '' }, 'input.ip'], [{ ip: '1.2.3' }, 'input.ip'], [{ ip: '1.2.3.4/8' }, 'input.ip'], [{ ip: 'localhost' }, 'input.ip'],
  ])('refuses %p by its field', (change, field) => {
    expect(fieldOf(change)).toBe(field)
  })
})

describe('addresses', () => {
  it('are kept without a zone, which has no bounds: settlement would take the entry for poison', () => {
    const request: DrawRequest = { campaignId: 'c', userId: 'u', idempotencyKey: 'k', count: 1, deviceId: null, ip: `fe80::1%${'a'.repeat(200)}`, facts: NO_FACTS }
    expect(validateDrawRequest(request)).toEqual({ ...request, ip: 'fe80::1' })
  })
})

describe('rejections', () => {
  it('have a message each, and say when to come again while the campaign is restored', () => {
    const codes: RejectionCode[] = [
      'CAMPAIGN_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'RECOVERING', 'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_ENDED', 'CAMPAIGN_PAUSED', 'BLOCKED',
      'NOT_ELIGIBLE', 'TOO_FREQUENT', 'QUOTA_EXCEEDED', 'NO_TICKETS', 'SOLD_OUT',
    ]
    const told = codes.map((code) => rejected(code))
    expect(new Set(told.map((result) => result.kind === 'rejected' && result.message)).size).toBe(codes.length)
    expect(rejected('RECOVERING')).toMatchObject({ retryAfterMs: 1_000 })
    expect(rejected('RECOVERING', 5)).toMatchObject({ retryAfterMs: 5 })
    expect(rejected('SOLD_OUT')).toMatchObject({ retryAfterMs: null })
  })
})
