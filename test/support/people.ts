import { Secret, TOTP } from 'otpauth'
import { expect } from '@jest/globals'
import type { Role } from '../../src/common/context.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import type { TestApp } from './app.js'
import { asOwner } from './database.js'
import { bearer, createTenant, login, uniqueName, type TestTenant } from './fixtures.js'
import { gql, gqlData } from './gql.js'

export const PASSWORD = 'a long walk by the moat'
export const LOGIN = `mutation ($email: String!, $password: String!, $code: String) {
  login(email: $email, password: $password, code: $code) { token totpEnrolmentRequired } }`
export const ACCEPT = `mutation ($token: String!, $name: String!, $password: String!) {
  acceptInvitation(token: $token, name: $name, password: $password) { id email role } }`

const INVITE = `mutation ($email: String!, $role: Role!) {
  inviteOperator(email: $email, role: $role) { invitation { id } link { token url expiresAt } } }`

export interface Invited {
  readonly email: string
  readonly invitation: { readonly id: string }
  readonly link: { readonly token: string; readonly url: string; readonly expiresAt: string }
}
export interface Person { readonly id: string; readonly email: string; readonly token: string }
export interface Refusal { status: number; message?: string; code?: unknown; field?: unknown; reason?: unknown; retryAfterMs?: unknown }

/** The code of now, or of some seconds from now. */
export const codeAt = (secret: string, shiftSeconds = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + shiftSeconds * 1_000 })

/** Tries until it has to wait, and tells how it was refused until then. Waits double: however slow the machine, one is met. */
export async function untilLimited<T extends { code?: unknown }>(attempt: (n: number) => Promise<T>): Promise<T[]> {
  const told: T[] = []
  for (let n = 0; n < 20; n++) {
    const answer = await attempt(n)
    if (answer.code === 'RATE_LIMITED') return told
    told.push(answer)
  }
  throw new Error('Never limited')
}

/** A tenant's people, through the operators' API as its owner. */
export class People {
  private constructor(readonly app: TestApp, readonly tenant: TestTenant, readonly owner: string) {}

  static async of(app: TestApp): Promise<People> {
    const tenant = await createTenant(app)
    return new People(app, tenant, await login(app, tenant.ownerEmail, tenant.ownerPassword))
  }

  /** As the owner whose session is open already. */
  static as(app: TestApp, tenant: TestTenant, owner: string): People {
    return new People(app, tenant, owner)
  }

  /** Throws on any error. */
  admin<T>(query: string, variables: Record<string, unknown> = {}, token = this.owner): Promise<T> {
    return gqlData<T>(this.app.adminGraphqlUrl, query, variables, bearer(token))
  }

  /** How it is refused; without a code where it is not. `token` null: nobody's. */
  async refusal(query: string, variables: Record<string, unknown> = {}, token: string | null = this.owner): Promise<Refusal> {
    const { body, status } = await gql(this.app.adminGraphqlUrl, query, variables, token === null ? {} : bearer(token))
    const [error] = body.errors ?? []
    const { code, field, reason, retryAfterMs } = error?.extensions ?? {}
    return { status, message: error?.message, code, field, reason, retryAfterMs }
  }

  signIn(email: string, password: string, code?: string): Promise<Refusal> {
    return this.refusal(LOGIN, { email, password, code }, null)
  }

  async sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await asOwner(this.app.databaseUrl, (client) => client.query<T>(text, values))).rows
  }

  /** Keys of failed sign-ins. */
  attempts(pattern = '*'): Promise<string[]> {
    return this.app.app.get(RedisService, { strict: false }).client.keys(`d:{login}:${pattern}`)
  }

  async forgetAttempts(): Promise<void> {
    const keys = await this.attempts()
    if (keys.length > 0) await this.app.app.get(RedisService, { strict: false }).client.del(...keys)
  }

  async invited(role: Role, email = `${uniqueName('person')}@people.example`): Promise<Invited> {
    const { inviteOperator } = await this.admin<{ inviteOperator: Omit<Invited, 'email'> }>(INVITE, { email, role })
    return { ...inviteOperator, email }
  }

  /** Invited, accepted and signed in. */
  async person(role: Role): Promise<Person> {
    const { email, link } = await this.invited(role)
    const accepted = { token: link.token, name: 'Ada', password: PASSWORD }
    const { acceptInvitation: { id } } = await gqlData<{ acceptInvitation: { id: string } }>(this.app.adminGraphqlUrl, ACCEPT, accepted)
    return { id, email, token: await login(this.app, email, PASSWORD) }
  }

  /** Confirmed by the code of the step before: those of now are left for the test. */
  async enrolled(token: string, password = PASSWORD): Promise<{ secret: string; recoveryCodes: string[] }> {
    const enrol = 'mutation ($p: String!) { enrolTotp(password: $p) { secret uri } }'
    const { enrolTotp } = await this.admin<{ enrolTotp: { secret: string; uri: string } }>(enrol, { p: password }, token)
    expect(enrolTotp.uri).toContain(`secret=${enrolTotp.secret}`)
    const confirm = 'mutation ($c: String!) { confirmTotp(code: $c) { recoveryCodes } }'
    const code = codeAt(enrolTotp.secret, -30)
    const { confirmTotp } = await this.admin<{ confirmTotp: { recoveryCodes: string[] } }>(confirm, { c: code }, token)
    return { secret: enrolTotp.secret, ...confirmTotp }
  }
}
