import { Injectable } from '@nestjs/common'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../../common/errors.js'
import { ApiKeyService } from '../../modules/tenancy/api-key.service.js'
import { ParticipantTokenService } from '../../modules/tenancy/participant-token.service.js'
import { apiKeyOf, bearerOf } from './credentials.js'
import type { AppAuth } from './request-auth.js'

/** Proves who calls the tenants' API from the request's headers. */
@Injectable()
export class AppAuthenticator {
  constructor(private readonly apiKeys: ApiKeyService, private readonly tokens: ParticipantTokenService) {}

  /** As `authenticate`, at once where it is a key or a token that has just been known; undefined: that finds out, or refuses. */
  authenticateKnown(headers: IncomingHttpHeaders): AppAuth | undefined {
    if (headers.authorization === undefined) {
      const key = apiKeyOf(headers)
      const identity = key === null ? undefined : this.apiKeys.authenticateKnown(key)
      return identity === undefined ? undefined : { kind: 'server', ...identity }
    }
    const token = headers['x-api-key'] === undefined ? bearerOf(headers) : null
    const identity = token === null ? undefined : this.tokens.authenticateKnown(token)
    return identity === undefined ? undefined : { kind: 'participant', ...identity }
  }

  /** Throws UNAUTHENTICATED, without saying which part of a credential is wrong. */
  async authenticate(headers: IncomingHttpHeaders): Promise<AppAuth> {
    const hasKey = headers['x-api-key'] !== undefined
    const hasToken = headers.authorization !== undefined
    // Two callers in one request: whichever we chose, the limits of the other would be got round.
    if (hasKey && hasToken) throw new AppError('UNAUTHENTICATED', 'Send X-Api-Key or Authorization, not both')
    if (hasKey) {
      const key = apiKeyOf(headers)
      const identity = key === null ? null : await this.apiKeys.authenticate(key)
      if (identity !== null) return { kind: 'server', ...identity }
      throw new AppError('UNAUTHENTICATED', 'The X-Api-Key is not valid')
    }
    if (hasToken) {
      const token = bearerOf(headers)
      const identity = token === null ? null : await this.tokens.authenticate(token)
      if (identity !== null) return { kind: 'participant', ...identity }
      throw new AppError('UNAUTHENTICATED', 'The participant token is not valid')
    }
    throw new AppError('UNAUTHENTICATED', 'Send X-Api-Key: <server key>, or Authorization: Bearer <participant token>')
  }
}
