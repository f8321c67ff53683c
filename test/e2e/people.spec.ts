import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Role } from '../../src/common/context.js'
import { bootApp, type TestApp } from '../support/app.js'
import { login } from '../support/fixtures.js'
import { ACCEPT, PASSWORD, People, untilLimited } from '../support/people.js'

const RESET = 'mutation ($token: String!, $password: String!) { resetPassword(token: $token, password: $password) }'

let app: TestApp
let people: People

beforeAll(async () => {
  app = await bootApp()
  people = await People.of(app)
})
beforeEach(() => people.forgetAttempts())
afterAll(async () => { await app?.close() })

describe('invitations', () => {
  it('make an operator once, whoever tries at the same time, and are kept as hashes', async () => {
    const { email, link, invitation } = await people.invited('MANAGER')
    expect(link.url).toBe(`${app.config.publicUrl}/admin/invitation#${link.token}`)
    const hours = (new Date(link.expiresAt).getTime() - Date.now()) / 3_600_000
    expect(Math.round(hours)).toBe(72)
    const tries = await Promise.all(Array.from({ length: 5 }, () => people.refusal(ACCEPT, { token: link.token, name: 'Ada', password: PASSWORD }, null)))
    expect(tries.map(({ code }) => code ?? 'done').sort()).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT', 'done'])
    const token = await login(app, email, PASSWORD)
    expect(await people.admin('{ me { email role name totpEnabled disabledAt } }', {}, token)).toEqual({ me: { email, role: 'MANAGER', name: 'Ada', totpEnabled: false, disabledAt: null } })
    const kept = await people.sql<{ row: string }>('SELECT l::text AS row FROM operator_link l')
    expect(kept.some(({ row }) => row.includes(link.token.slice(4)))).toBe(false)
    expect(await people.refusal('mutation ($id: ID!) { revokeInvitation(id: $id) { id } }', { id: invitation.id })).toMatchObject({ code: 'CONFLICT' })
  })

  it('end: withdrawn, replaced by a newer one, and after 72 hours, all with one answer', async () => {
    const [withdrawn, replaced, old] = [await people.invited('ANALYST'), await people.invited('ANALYST'), await people.invited('ANALYST')]
    await people.admin('mutation ($id: ID!) { revokeInvitation(id: $id) { revokedAt } }', { id: withdrawn.invitation.id })
    const newer = await people.invited('REVIEWER', replaced.email)
    await people.sql('UPDATE operator_link SET expires_at = now() - interval \'1 second\' WHERE id = $1', [old.invitation.id])
    const answers = await Promise.all([withdrawn, replaced, old].map(({ link }) => people.refusal(ACCEPT, { token: link.token, name: 'Ada', password: PASSWORD }, null)))
    const unknown = await people.refusal(ACCEPT, { token: `dbl_${'A'.repeat(43)}`, name: 'Ada', password: PASSWORD }, null)
    expect(unknown).toMatchObject({ code: 'BAD_USER_INPUT', field: 'token' })
    for (const answer of answers) expect(answer).toEqual(unknown)
    expect(await people.refusal(RESET, { token: newer.link.token, password: PASSWORD }, null)).toEqual(unknown)
    const { invitations } = await people.admin<{ invitations: Array<{ id: string; role: string }> }>('{ invitations { id role } }')
    expect(invitations).toContainEqual({ id: newer.invitation.id, role: 'REVIEWER' })
    expect(invitations.map(({ id }) => id)).not.toContain(replaced.invitation.id)
  })

  it.each([
    ['short', 'elevenchars'], ['common', 'Password1234!'], ['p@ssw0rd', 'P@ssw0rd!2026'], ['a run of keys', 'qwertyuiopas'], ['digits', '123456789012'], ['repeated', 'abcabcabcabc'],
    ['few characters', 'aaaaaaaaaaab'], ['of the e-mail', 'PERSON-weak-passwords-and-more'], ['too long', 'long walk '.repeat(30)],
  ])('take no password that is guessed first: %s', async (_what, password) => {
    const { link } = await people.invited('ANALYST', `person-weak-passwords@people.example`)
    expect(await people.refusal(ACCEPT, { token: link.token, name: 'Ada', password }, null)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'password' })
    // A refused password leaves the link good.
    expect(await people.refusal(ACCEPT, { token: link.token, name: ' ', password: PASSWORD }, null)).toMatchObject({ field: 'name' })
  })

  it('are not for who is an operator already', async () => {
    expect(await people.refusal('mutation ($e: String!) { inviteOperator(email: $e, role: ANALYST) { invitation { id } } }', { e: people.tenant.ownerEmail.toUpperCase() }))
      .toMatchObject({ code: 'CONFLICT', field: 'email' })
  })
})

describe('operators', () => {
  const setRole = (id: string, role: Role, token = people.owner) => people.refusal('mutation ($id: ID!, $role: Role!) { setOperatorRole(id: $id, role: $role) { role } }', { id, role }, token)
  const disable = (id: string, token = people.owner) => people.refusal('mutation ($id: ID!) { disableOperator(id: $id) { disabledAt } }', { id }, token)

  it('get another role on the next request, and are disabled at once', async () => {
    const ada = await people.person('MANAGER')
    expect((await setRole(ada.id, 'ANALYST')).code).toBeUndefined()
    expect(await people.refusal('{ apiKeys { id } }', {}, ada.token)).toMatchObject({ code: 'FORBIDDEN' })
    expect((await disable(ada.id)).code).toBeUndefined()
    expect(await people.refusal('{ me { id } }', {}, ada.token)).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await people.signIn(ada.email, PASSWORD)).toEqual(await people.signIn('nobody@people.example', PASSWORD))
    await people.admin('mutation ($id: ID!) { enableOperator(id: $id) { id } }', { id: ada.id })
    expect(await people.refusal('{ me { id } }', {}, ada.token)).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect((await people.signIn(ada.email, PASSWORD)).code).toBeUndefined()
    const actions = await people.sql<{ action: string }>('SELECT action FROM audit_log WHERE subject_id = $1 AND subject_kind = $2 ORDER BY id', [ada.id, 'operator'])
    expect(actions.map(({ action }) => action)).toEqual(['operator.added', 'operator.role-set', 'operator.disabled', 'operator.enabled'])
    const { operators } = await people.admin<{ operators: Array<{ id: string }> }>('{ operators { id role disabledAt } }')
    expect(operators).toContainEqual({ id: ada.id, role: 'ANALYST', disabledAt: null })
  })

  it('never lose their last owner, even to two owners who act at the same moment', async () => {
    const fresh = await People.of(app)
    const first = fresh.owner
    const { me } = await fresh.admin<{ me: { id: string } }>('{ me { id } }')
    expect(await setRole(me.id, 'MANAGER', first)).toMatchObject({ code: 'CONFLICT' })
    expect(await disable(me.id, first)).toMatchObject({ code: 'CONFLICT' })
    const { id, token: second } = await fresh.person('OWNER')
    const answers = await Promise.all([setRole(id, 'ANALYST', first), setRole(me.id, 'ANALYST', second), disable(id, first), disable(me.id, second)])
    expect(answers.some(({ code }) => code === undefined)).toBe(true)
    const [row] = await people.sql<{ owners: string }>('SELECT count(*) AS owners FROM operator WHERE tenant_id = $1 AND role = \'OWNER\' AND disabled_at IS NULL', [fresh.tenant.tenantId])
    expect(Number(row!.owners)).toBe(1)
  })
})

describe('passwords', () => {
  const change = (oldPassword: string, newPassword: string, token: string) =>
    people.refusal('mutation ($o: String!, $n: String!) { changePassword(oldPassword: $o, newPassword: $n) }', { o: oldPassword, n: newPassword }, token)
  const issue = (operatorId: string, token = people.owner) => people.refusal('mutation ($o: ID!) { issuePasswordReset(operatorId: $o) { token } }', { o: operatorId }, token)

  it('change with the old one, and end the other sessions', async () => {
    const ada = await people.person('ANALYST')
    const other = await login(app, ada.email, PASSWORD)
    expect(await change('not the old one', 'another walk by the moat', ada.token)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'oldPassword' })
    expect(await change(PASSWORD, PASSWORD, ada.token)).toMatchObject({ field: 'newPassword' })
    expect(await change(PASSWORD, 'short', ada.token)).toMatchObject({ field: 'newPassword' })
    expect((await change(PASSWORD, 'another walk by the moat', ada.token)).code).toBeUndefined()
    expect((await people.refusal('{ me { id } }', {}, ada.token)).code).toBeUndefined()
    expect(await people.refusal('{ me { id } }', {}, other)).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await people.signIn(ada.email, PASSWORD)).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect((await people.signIn(ada.email, 'another walk by the moat')).code).toBeUndefined()
  })

  it('are guessed no faster through an open session', async () => {
    const ada = await people.person('ANALYST')
    const told = await untilLimited((n) => change(`guess number ${n}`, 'another walk by the moat', ada.token))
    expect(told.length).toBeGreaterThanOrEqual(5)
    expect(told[4]).toMatchObject({ code: 'BAD_USER_INPUT', field: 'oldPassword' })
  })

  it('are reset by a link of another owner’s, once; all sessions end, and the waiting too', async () => {
    const ada = await people.person('ANALYST')
    const { issuePasswordReset: { token } } = await people.admin<{ issuePasswordReset: { token: string } }>('mutation ($o: ID!) { issuePasswordReset(operatorId: $o) { token } }', { o: ada.id })
    // Long enough to be seen, however slow the machine.
    await untilLimited(() => people.signIn(ada.email, 'wrong'))
    const failures = await people.attempts('f:e:*')
    expect(failures).not.toEqual([])
    expect(await people.refusal(RESET, { token, password: 'short' }, null)).toMatchObject({ field: 'password' })
    const tries = await Promise.all(['first walk by the moat', 'second walk by the moat'].map((password) => people.refusal(RESET, { token, password }, null)))
    expect(tries.map(({ field }) => field ?? 'done').sort()).toEqual(['done', 'token'])
    expect(await people.refusal('{ me { id } }', {}, ada.token)).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await people.attempts('*:e:*')).toEqual([])
    const good = tries[0]!.field === undefined ? 'first walk by the moat' : 'second walk by the moat'
    expect((await people.signIn(ada.email, good)).code).toBeUndefined()
  })

  it('are not reset by oneself, nor for who is disabled', async () => {
    const { me } = await people.admin<{ me: { id: string } }>('{ me { id } }')
    expect(await issue(me.id)).toMatchObject({ code: 'CONFLICT' })
    const ada = await people.person('ANALYST')
    await people.admin('mutation ($id: ID!) { disableOperator(id: $id) { id } }', { id: ada.id })
    expect(await issue(ada.id)).toMatchObject({ code: 'CONFLICT' })
  })
})
