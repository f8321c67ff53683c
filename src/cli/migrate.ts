import { ConfigError, parseConfig } from '../config/config.js'
import { migrate, MigrationError } from '../platform/prisma/migrate.js'

/** npm run migrate: brings the database of DATABASE_URL to this version's state. Exit code 1 with the reason. */
async function main(): Promise<void> {
  const { databaseUrl, secretKey } = parseConfig()
  if (databaseUrl === undefined) throw new ConfigError('DATABASE_URL', 'is not set')
  if (secretKey === undefined) throw new ConfigError('SECRET_KEY', 'is not set')
  await migrate(databaseUrl, secretKey, (line) => { console.log(line) })
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigError || error instanceof MigrationError ? error.message : `DATABASE_URL: ${error instanceof Error ? error.message : 'the database cannot be migrated'}`
  console.error(text)
  process.exitCode = 1
})
