import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { SignJWT, type JWTHeaderParameters } from 'jose'
import { parseConfig } from '../../src/config/config.js'
import { ConfigModule, requireRuntimeConfig, type RuntimeConfig } from '../../src/config/config.module.js'
import { TenancyModule } from '../../src/modules/tenancy/tenancy.module.js'
import { PrismaModule } from '../../src/platform/prisma/prisma.module.js'
import { TelemetryModule } from '../../src/platform/telemetry/telemetry.module.js'
import { fromSetup } from './environment.js'

@Module({})
class TenancyAlone {
  static with(config: RuntimeConfig): DynamicModule {
    return { module: TenancyAlone, imports: [ConfigModule.forRoot(config), TelemetryModule, PrismaModule, TenancyModule] }
  }
}

/** One process's tenancy on a real database, without the rest of the product. */
export function bootTenancy(databaseUrl: string): Promise<INestApplicationContext> {
  const config = parseConfig({
    NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: databaseUrl, REDIS_URL: fromSetup('TEST_REDIS_URL'), SECRET_KEY: fromSetup('TEST_SECRET_KEY'),
  })
  return NestFactory.createApplicationContext(TenancyAlone.with(requireRuntimeConfig(config)), { logger: false, abortOnError: false })
}

export interface SigningKey {
  readonly algorithm: 'ES256' | 'RS256' | 'EdDSA'
  readonly privateKey: KeyObject
  readonly publicJwk: string
}

export function newSigningKey(algorithm: SigningKey['algorithm']): SigningKey {
  const { privateKey, publicKey } = algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : algorithm === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2_048 }) : generateKeyPairSync('ed25519')
  return { algorithm, privateKey, publicJwk: JSON.stringify(publicKey.export({ format: 'jwk' })) }
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1_000)

/** A token as a tenant's server makes it, but for what `claims` and `header` say; undefined leaves a claim out. */
export function participantToken(
  key: SigningKey, kid: string, issuer: string, claims: Record<string, unknown> = {}, header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const payload = { aud: 'drawbridge', iss: issuer, sub: 'ada', exp: nowSeconds() + 600, ...claims }
  const given = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
  return new SignJWT(given).setProtectedHeader({ alg: key.algorithm, kid, ...header }).sign(key.privateKey)
}
