import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseConfig } from '../../../src/config/config.js'
import { type Fulfilment, fulfilmentProblems, readFulfilment } from '../../../src/modules/campaigns/domain/fulfilment.js'
import { checkedAddress, openAddress, sealAddress } from '../../../src/modules/fulfilment/domain/address.js'
import { isPublicAddress } from '../../../src/modules/fulfilment/domain/addresses.js'
import { AWARD_RULES, checkAwardRules, mayHappen } from '../../../src/modules/fulfilment/domain/award-state.js'
import { attemptsMax, retryAfterMs } from '../../../src/modules/fulfilment/domain/backoff.js'
import { signWebhook, webhookSecret } from '../../../src/modules/fulfilment/domain/webhook-signature.js'
import { replayableRandom } from '../../../src/common/random.js'

describe("an award's rules", () => {
  it('hold together', () => { expect(() => { checkAwardRules() }).not.toThrow() })

  it.each([
    ['a second delivery', { issue: { from: ['FAILED', 'FULFILLED'], to: 'FULFILLING' } }, 'delivered again'],
    ['a way back from REVOKED', { issue: { from: ['FAILED', 'REVOKED'], to: 'FULFILLING' } }, 'must stay so'],
    ['a status that nothing leads to', { expire: { from: ['GRANTED'], to: 'REVOKED' } }, 'EXPIRED cannot be reached'],
    ['a status that is never revoked', { revoke: { from: ['GRANTED', 'FULFILLING', 'FULFILLED'], to: 'REVOKED' } }, 'FAILED cannot be revoked'],
    ['failure without an end', { issue: { from: ['GRANTED'], to: 'FULFILLING' }, confirm: { from: ['GRANTED'], to: 'FULFILLED' } }, 'never reaches its owner'],
  ] as const)('are refused with %s', (_what, change, message) => {
    expect(() => { checkAwardRules({ ...AWARD_RULES, ...change }) }).toThrow(message)
  })

  it('let an award be delivered only before it was, and expire only what is not delivered', () => {
    expect(mayHappen('deliver', 'FULFILLED')).toBe(false)
    expect(mayHappen('expire', 'FULFILLED')).toBe(false)
    expect(mayHappen('revoke', 'FULFILLED')).toBe(true)
  })
})

describe('retries', () => {
  const minutes = (n: number) => n * 60_000
  it('come after 1, 3, 5, 10 and 20 minutes, and then no more', () => {
    const { fulfilmentRetryMs } = parseConfig({})
    const waits = Array.from({ length: attemptsMax(fulfilmentRetryMs) }, (_, n) => retryAfterMs(fulfilmentRetryMs, n + 1))
    expect(waits).toEqual([...[1, 3, 5, 10, 20].map(minutes), null])
  })
  it('are settings', () => {
    expect(parseConfig({ FULFILMENT_RETRY_MS: '5, 10' }).fulfilmentRetryMs).toEqual([5, 10])
    for (const bad of ['5,', 'soon', '-1', '1e3', '9999999999', Array(21).fill('1').join(',')]) expect(() => parseConfig({ FULFILMENT_RETRY_MS: bad })).toThrow('FULFILMENT_RETRY_MS')
  })
})

describe('webhooks', () => {
  it('are signed as Standard Webhooks says (the example of its specification)', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    expect(signWebhook([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
    expect(signWebhook([secret, secret], 'a', 1, 'b').split(' ')).toHaveLength(2)
  })
  it('have a secret of 32 bytes for each tenant and version', () => {
    const key = 'k'.repeat(32)
    const secrets = [webhookSecret(key, 'a', 1), webhookSecret(key, 'a', 2), webhookSecret(key, 'b', 1), webhookSecret('l'.repeat(32), 'a', 1)]
    expect(new Set(secrets).size).toBe(4)
    for (const secret of secrets) expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32)
  })
  it.each([
    '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '198.18.0.1',
    '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '64:ff9b::a00:1', '2002:a00:1::', '2001:db8::1', '2001::1', 'ff02::1', 'example.com', '',
  ])('do not reach %s', (address) => { expect(isPublicAddress(address)).toBe(false) })
  it.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'])('reach %s', (address) => { expect(isPublicAddress(address)).toBe(true) })
})

describe("a prize's fulfilment", () => {
  const problems = (given: Partial<Fulfilment> & Pick<Fulfilment, 'kind'>) => {
    const found: string[] = []
    fulfilmentProblems({ url: null, claimWithinSeconds: null, onExpiry: 'RETURN_TO_VAULT', ...given }, 'f', (path) => found.push(path))
    return found
  }
  it('may be', () => {
    expect(problems({ kind: 'WALLET' })).toEqual([])
    expect(problems({ kind: 'MANUAL', claimWithinSeconds: 86_400 })).toEqual([])
    for (const url of ['https://example.com/a?b=c', 'http://localhost:1/', 'http://127.0.0.1:1/', 'http://[::1]:1/']) expect(problems({ kind: 'WEBHOOK', url })).toEqual([])
  })
  it('may not be', () => {
    for (const url of [null, '', 'x', 'ftp://example.com', 'http://example.com', 'https://u:p@example.com', 'https://example.com/#f', `https://example.com/${'x'.repeat(2_000)}`, 'http://127.0.0.1.example.com/']) {
      expect(problems({ kind: 'WEBHOOK', url })).toEqual(['f.url'])
    }
    expect(problems({ kind: 'WALLET', url: 'https://example.com' })).toEqual(['f.url'])
    expect(problems({ kind: 'WALLET', claimWithinSeconds: 60 })).toEqual(['f.claimWithinSeconds'])
    for (const claimWithinSeconds of [0, 59, 1.5, 1e9]) expect(problems({ kind: 'MANUAL', claimWithinSeconds })).toEqual(['f.claimWithinSeconds'])
  })
  it('is read in one order of fields, whatever the database made of it', () => {
    expect(JSON.stringify(readFulfilment({ url: null, onExpiry: 'WRITE_OFF', kind: 'MANUAL', claimWithinSeconds: 60 })))
      .toBe('{"kind":"MANUAL","url":null,"claimWithinSeconds":60,"onExpiry":"WRITE_OFF"}')
    for (const none of [null, undefined, 'MANUAL', {}, { kind: 'PIGEON' }]) expect(readFulfilment(none)).toBeNull()
  })
})

describe('an address', () => {
  const address = { recipient: ' Ada ', phone: '', country: 'CN', region: null, city: '上海', postalCode: '200000', line1: '南京路 1', line2: null }
  it('is trimmed, and refused by its field', () => {
    expect(checkedAddress(address)).toMatchObject({ recipient: 'Ada', phone: null })
    for (const [field, value] of [['recipient', ' '], ['city', 'x'.repeat(101)], ['line1', 'a\u0000b'], ['line2', '\ud800'], ['country', 'cn'], ['country', 'CHN'], ['phone', 'x'.repeat(41)]] as const) {
      expect(() => checkedAddress({ ...address, [field]: value })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: `address.${field}` } }))
    }
  })
  it('is opened for its own award alone, by its own key alone, and unchanged', () => {
    const whole = checkedAddress(address)
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 200 }), (line1) => {
      const sealed = sealAddress('key', 'tenant', '1', { ...whole, line1 })
      expect(openAddress('key', 'tenant', '1', sealed)).toEqual({ ...whole, line1 })
      expect(sealed.includes(whole.recipient)).toBe(false)
    }), { numRuns: 50 })
    const sealed = sealAddress('key', 'tenant', '1', whole)
    const random = replayableRandom(1)
    expect(() => openAddress('other', 'tenant', '1', sealed)).toThrow()
    expect(() => openAddress('key', 'other', '1', sealed)).toThrow()
    expect(() => openAddress('key', 'tenant', '2', sealed)).toThrow()
    const changed = Buffer.from(sealed)
    changed[Math.floor(random() * changed.length)]! ^= 1
    expect(() => openAddress('key', 'tenant', '1', changed)).toThrow()
  })
})
