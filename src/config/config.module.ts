import { type DynamicModule, Global, Module } from '@nestjs/common'
import { type Config, ConfigError } from './config.js'

/** The configuration of a process that serves: what can be left out on the command line is there. */
export type RuntimeConfig = Config & { readonly databaseUrl: string; readonly redisUrl: string; readonly secretKey: string }

/** Inject with `@Inject(CONFIG) config: RuntimeConfig`. */
export const CONFIG = Symbol('CONFIG')

/** Throws ConfigError naming the first variable that a serving process cannot do without. */
export function requireRuntimeConfig(config: Config): RuntimeConfig {
  const { databaseUrl, redisUrl, secretKey } = config
  if (databaseUrl === undefined) throw new ConfigError('DATABASE_URL', 'is not set')
  if (redisUrl === undefined) throw new ConfigError('REDIS_URL', 'is not set')
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY', 'is not set')
  return { ...config, databaseUrl, redisUrl, secretKey }
}

@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: RuntimeConfig): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: CONFIG, useValue: config }], exports: [CONFIG] }
  }
}
