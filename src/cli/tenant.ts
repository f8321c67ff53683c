import { parseArgs } from 'node:util'
import { AppError } from '../common/errors.js'
import { ConfigError } from '../config/config.js'
import { isDatabaseUnavailable } from '../platform/prisma/database-errors.js'
import { commands, UsageError, type Options } from './tenant/commands.js'
import { openTenancy } from './tenant/tenancy.js'

const HELP = `Tenants and their operators. Secrets are printed once and kept nowhere.

  npm run tenant -- create --slug acme --name "Acme" --owner-email ada@acme.example [--owner-name "Ada"] [--draws-per-second 10000]
  npm run tenant -- add-operator --tenant acme --email bob@acme.example --role ANALYST [--name "Bob"]
  npm run tenant -- reset-password --tenant acme --email bob@acme.example
  npm run tenant -- invite --tenant acme --email bob@acme.example --role ANALYST
  npm run tenant -- reset-link --tenant acme --email bob@acme.example
  npm run tenant -- reset-totp --tenant acme --email bob@acme.example
  npm run tenant -- set-limit --tenant acme --draws-per-second 100000
  npm run tenant -- list

  Roles: OWNER, MANAGER, REVIEWER, ANALYST. Beside a running npm start it finds that server's database under DATA_DIR;
  else set DATABASE_URL and SECRET_KEY.`

const OPTIONS = {
  slug: { type: 'string' },
  name: { type: 'string' },
  'owner-email': { type: 'string' },
  'owner-name': { type: 'string' },
  tenant: { type: 'string' },
  email: { type: 'string' },
  role: { type: 'string' },
  'draws-per-second': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function parsed(args: string[]): { name: string | undefined; options: Options; help: boolean } {
  try {
    const { values: { help, ...options }, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
    if (positionals.length > 1) throw new UsageError(`One command at a time, not "${positionals.join(' ')}"`)
    return { name: positionals[0], options, help: help === true }
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) throw new UsageError(error.message)
    throw error
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nSee npm run tenant -- --help`
  if (error instanceof AppError || error instanceof ConfigError) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^28|^3D000/.test(code)) return 'DATABASE_URL: the database refuses this login'
  if (code === '42883' || code === '42P01' || code === 'P2021') return 'DATABASE_URL: the database is not migrated: npm run migrate'
  if (isDatabaseUnavailable(error)) return `DATABASE_URL: the database cannot be reached (${error instanceof Error && error.message !== '' ? error.message : code})`
  return `Unexpected failure: ${error instanceof Error ? error.message : 'unknown reason'}`
}

async function main(args: string[]): Promise<number> {
  try {
    const { name, options, help } = parsed(args)
    if (help) {
      console.log(HELP)
      return 0
    }
    if (name === undefined) throw new UsageError('Which command?')
    const command = commands[name]
    if (command === undefined) throw new UsageError(`There is no command "${name}"`)
    const run = command(options) // checks the options before anything is opened
    const tenancy = await openTenancy()
    try {
      console.log(await run(tenancy))
    } finally {
      await tenancy.close()
    }
    return 0
  } catch (error) {
    console.error(messageOf(error))
    return error instanceof UsageError ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
