import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { asOwner } from '../../support/database.js'
import type { FaultServer } from './fault-server.js'

const run = promisify(execFile)

/**
 * A base backup while Postgres works on, as pg_basebackup makes one: the files between two marks in the log, the log of that
 * time, and no replication slots. Returns the folder, which lies beside the server's.
 */
export async function backUp(postgres: FaultServer): Promise<string> {
  const target = join(dirname(postgres.folder), 'backup')
  await asOwner(postgres.url.href, async (client) => {
    await client.query("SELECT pg_backup_start('faults', true)")
    // A file may go away while it is read: cp says so and goes on.
    await run('cp', ['-a', postgres.folder, target]).catch(() => undefined)
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
    await run('cp', ['-a', join(postgres.folder, 'pg_wal'), target])
    await writeFile(join(target, 'backup_label'), rows[0]!.labelfile)
  })
  await rm(join(target, 'postmaster.pid'), { force: true })
  await rm(join(target, 'pg_replslot'), { recursive: true })
  await mkdir(join(target, 'pg_replslot'))
  await run('chown', ['-R', '--reference', postgres.folder, target])
  return target
}

/** Postgres ends, and starts again as it was at the backup. */
export async function restore(postgres: FaultServer, backup: string): Promise<void> {
  await postgres.stop()
  await rm(postgres.folder, { recursive: true })
  await run('mv', [backup, postgres.folder])
  await postgres.start()
}
