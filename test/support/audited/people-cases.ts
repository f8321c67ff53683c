import { expect } from '@jest/globals'
import type { Awards } from '../awards.js'
import { bearer, type LiveCampaign, login, uniqueName } from '../fixtures.js'
import { gql, gqlData } from '../gql.js'
import { codeAt, PASSWORD, People } from '../people.js'
import { type Case, has, type Said } from './said.js'

interface World {
  readonly kit: () => Awards
  readonly of: () => LiveCampaign
  readonly ask: <T>(query: string) => Promise<T>
  /** By mutation: the id of what it made, and the token that it gave. */
  readonly made: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, string>>
  readonly recoveryCodes: string[]
  readonly secrets: string[]
}

const ADA = `${uniqueName('ada')}@audit.example`

/** What owners decide about operators and limits, and operators about themselves; in an order in which each can be done. */
export const peopleCases = ({ kit, of, ask, made, links, recoveryCodes, secrets }: World): Record<string, Case> => {
  const people = () => People.as(kit().app, of().tenant, of().token)
  /** A change of the owner's that waits for another: from its first on, lists need two. */
  const waiting = async (value: string): Promise<string> => {
    const { tenantPolicy: { version } } = await ask<{ tenantPolicy: { version: number } }>('{ tenantPolicy { version } }')
    if (version === 0) await ask('mutation { setTenantPolicy(expectedVersion: 0, patch: { approvals: [{ kind: RISK_LISTS }] }) { version } }')
    const add = `mutation { addRiskEntry(input: { list: BLOCK, subject: DEVICE, value: "${value}", reason: "a farm" }) { id } }`
    return String((await gql(kit().app.adminGraphqlUrl, add, {}, bearer(of().token))).body.errors?.[0]?.extensions?.changeRequestId)
  }
  const request = (id: string, action: string, state: string): Said =>
    ({ action: `change-request.${action}`, subject_kind: 'change-request', subject_id: id, after: has({ state }) })
  return {
    setTenantLimits: async () => ({
      document: 'mutation { setTenantLimits(input: { participantDrawsPerSecondMax: 3 }) { participantDrawsPerSecondMax } }',
      said: [{ action: 'tenant.limit-set', subject_kind: 'tenant', before: { participantDrawsPerSecondMax: null }, after: { participantDrawsPerSecondMax: 3 } }],
    }),
    switchFeature: async () => ({
      document: 'mutation { switchFeature(feature: RECENT_WINNERS, to: OFF, reason: "a rush") { off } }',
      said: [{ action: 'feature.switched', subject_kind: 'feature', subject_id: 'RECENT_WINNERS', before: { isOff: false }, after: { isOff: true }, reason: 'a rush' }],
    }),
    inviteOperator: async () => ({
      document: `mutation { inviteOperator(email: "${ADA}", role: REVIEWER) { invitation { id } link { token } } }`,
      said: [{ action: 'invitation.issued', subject_kind: 'invitation', before: null, after: has({ email: ADA, role: 'REVIEWER' }) }],
    }),
    acceptInvitation: async () => ({
      document: 'mutation ($t: String!, $p: String!) { acceptInvitation(token: $t, name: "Ada", password: $p) { id } }', variables: { t: links.inviteOperator, p: PASSWORD }, token: null,
      said: [
        { action: 'operator.added', subject_kind: 'operator', before: null, after: { email: ADA, name: 'Ada', role: 'REVIEWER' } },
        { action: 'invitation.accepted', subject_kind: 'invitation', subject_id: made.inviteOperator!, after: { operatorId: expect.any(String) } },
      ],
    }),
    revokeInvitation: async () => {
      const { id } = (await ask<{ inviteOperator: { invitation: { id: string } } }>('mutation { inviteOperator(email: "eve@audit.example", role: ANALYST) { invitation { id } } }')).inviteOperator.invitation
      return {
        document: `mutation { revokeInvitation(id: "${id}") { id } }`,
        said: [{ action: 'invitation.revoked', subject_id: id, before: has({ email: 'eve@audit.example', revokedAt: null }), after: has({ email: 'eve@audit.example', revokedAt: expect.any(String) }) }],
      }
    },
    setOperatorRole: async () => ({
      document: `mutation { setOperatorRole(id: "${made.acceptInvitation}", role: MANAGER) { id } }`,
      said: [{ action: 'operator.role-set', subject_id: made.acceptInvitation!, before: { email: ADA, role: 'REVIEWER' }, after: { email: ADA, role: 'MANAGER' } }],
    }),
    disableOperator: async () => ({
      document: `mutation { disableOperator(id: "${made.acceptInvitation}") { id } }`,
      said: [{ action: 'operator.disabled', subject_id: made.acceptInvitation!, before: { email: ADA, disabledAt: null }, after: { email: ADA, disabledAt: expect.any(String) } }],
    }),
    enableOperator: async () => ({
      document: `mutation { enableOperator(id: "${made.acceptInvitation}") { id } }`,
      said: [{ action: 'operator.enabled', subject_id: made.acceptInvitation!, before: has({ disabledAt: expect.any(String) }), after: { email: ADA, disabledAt: null } }],
    }),
    issuePasswordReset: async () => ({
      document: `mutation { issuePasswordReset(operatorId: "${made.acceptInvitation}") { token } }`,
      said: [{ action: 'operator.password-reset-issued', subject_id: made.acceptInvitation!, before: null, after: has({ linkId: expect.any(String) }) }],
    }),
    resetPassword: async () => ({
      document: 'mutation ($t: String!, $p: String!) { resetPassword(token: $t, password: $p) }', variables: { t: links.issuePasswordReset, p: `${PASSWORD} again` }, token: null,
      said: [{ action: 'operator.password-reset', subject_id: made.acceptInvitation!, before: null, after: has({ sessionsEnded: 0 }) }],
    }),
    changePassword: async () => ({
      document: 'mutation ($o: String!, $n: String!) { changePassword(oldPassword: $o, newPassword: $n) }', variables: { o: `${PASSWORD} again`, n: PASSWORD },
      token: await login(kit().app, ADA, `${PASSWORD} again`), said: [{ action: 'operator.password-changed', subject_id: made.acceptInvitation!, after: { sessionsEnded: 0 } }],
    }),
    confirmTotp: async () => {
      const token = await login(kit().app, ADA, PASSWORD)
      const { enrolTotp: { secret } } = await gqlData<{ enrolTotp: { secret: string } }>(kit().app.adminGraphqlUrl, 'mutation ($p: String!) { enrolTotp(password: $p) { secret } }', { p: PASSWORD }, bearer(token))
      secrets.push(secret)
      return {
        document: 'mutation ($c: String!) { confirmTotp(code: $c) { recoveryCodes } }', variables: { c: codeAt(secret) }, token,
        said: [{ action: 'operator.totp-enrolled', subject_id: made.acceptInvitation!, before: { totpEnabled: false }, after: { totpEnabled: true } }],
      }
    },
    disableTotp: async () => {
      const code = recoveryCodes.shift()!
      const signIn = 'mutation ($e: String!, $p: String!, $c: String!) { login(email: $e, password: $p, code: $c) { token } }'
      const given = { e: ADA, p: PASSWORD, c: recoveryCodes.shift() }
      const { login: { token } } = await gqlData<{ login: { token: string } }>(kit().app.adminGraphqlUrl, signIn, given)
      return {
        document: 'mutation ($p: String!, $c: String!) { disableTotp(password: $p, code: $c) }', variables: { p: PASSWORD, c: code }, token,
        said: [
          { action: 'operator.recovery-code-used', subject_id: made.acceptInvitation!, after: has({}) },
          { action: 'operator.totp-disabled', subject_id: made.acceptInvitation!, before: { totpEnabled: true }, after: { totpEnabled: false } },
        ],
      }
    },
    resetOperatorTotp: async () => {
      await people().enrolled(await login(kit().app, ADA, PASSWORD))
      return {
        document: `mutation { resetOperatorTotp(id: "${made.acceptInvitation}") { id } }`,
        said: [{ action: 'operator.totp-reset', subject_id: made.acceptInvitation!, before: { totpEnabled: true }, after: { totpEnabled: false } }],
      }
    },
    withdrawChange: async () => {
      const id = await waiting('d7')
      return { document: `mutation { withdrawChange(id: "${id}") { id } }`, said: [request(id, 'withdrawn', 'WITHDRAWN')] }
    },
    rejectChange: async () => {
      const id = await waiting('d8')
      return {
        document: `mutation { rejectChange(id: "${id}", reason: "not today") { id } }`, token: await login(kit().app, ADA, PASSWORD),
        said: [{ ...request(id, 'rejected', 'REJECTED'), after: has({ state: 'REJECTED', decisionReason: 'not today' }) }],
      }
    },
    approveChange: async () => {
      const id = await waiting('d9')
      return {
        document: `mutation { approveChange(id: "${id}", expectedVersion: 1) { id } }`, token: await login(kit().app, ADA, PASSWORD),
        said: [
          { action: 'risk-entries.added', after: { entries: [has({ value: 'd9' })], approved: has({ changeRequestId: id }) } },
          request(id, 'approved', 'APPLIED'),
        ],
      }
    },
    setTenantPolicy: async () => {
      await people().enrolled(of().token, of().tenant.ownerPassword)
      return {
        document: 'mutation { setTenantPolicy(expectedVersion: 1, patch: { totpRequired: true }) { version } }',
        said: [{ action: 'tenant.policy-set', subject_kind: 'tenant', before: has({ version: 1, totpRequired: false }), after: has({ version: 2, totpRequired: true }) }],
      }
    },
  }
}
