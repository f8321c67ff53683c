import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client } from 'pg'
import { startEmbedded, type Embedded } from '../../src/platform/embedded/embedded.js'
import { eventually, temporaryFolder } from './harness.js'

describe('embedded servers', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let lines: string[]
  let embedded: Embedded | undefined

  beforeEach(async () => {
    folder = await temporaryFolder()
    lines = []
  })
  afterEach(async () => {
    await embedded?.stop()
    embedded = undefined
    await folder.remove()
  })

  async function start(): Promise<Embedded> {
    embedded = await startEmbedded({ dataDir: folder.path, log: (line) => { lines.push(line) } })
    return embedded
  }

  async function stop(): Promise<void> {
    await embedded?.stop()
    embedded = undefined
  }

  async function sql<T>(url: string, text: string): Promise<T[]> {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query(text)).rows as T[]
    } finally {
      await client.end()
    }
  }

  async function redis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(url)
    client.on('error', () => undefined)
    try {
      return await work(client)
    } finally {
      client.disconnect()
    }
  }

  it('are set up as the product needs them, and as nobody else can use them', async () => {
    const { databaseUrl, redisUrl } = await start()
    const names = ['wal_level', 'synchronous_commit', 'fsync', 'listen_addresses', 'max_slot_wal_keep_size', 'data_checksums', 'server_encoding']
    const rows = await sql<{ name: string; setting: string }>(databaseUrl, `SELECT name, setting FROM pg_settings WHERE name IN ('${names.join("','")}')`)
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toMatchObject({
      wal_level: 'logical', synchronous_commit: 'on', fsync: 'on', listen_addresses: '127.0.0.1', max_slot_wal_keep_size: '2048', data_checksums: 'on',
      server_encoding: 'UTF8',
    })
    const config = await redis(redisUrl, (client) => client.config('GET', 'appendonly', 'appendfsync', 'maxmemory-policy', 'hash-max-listpack-value', 'bind'))
    expect(config).toEqual(expect.arrayContaining(['appendonly', 'yes', 'everysec', 'noeviction', '256', '127.0.0.1']))
    await expect(sql(databaseUrl.replace(/:[^:@/]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/)
    await expect(redis(redisUrl.replace(/:[^:@/]+@/, '@'), (client) => client.ping())).rejects.toThrow(/NOAUTH/)
    expect((await stat(join(folder.path, 'servers.json'))).mode & 0o777).toBe(0o600)
    for (const name of ['postgres', 'redis', 'logs']) expect((await stat(join(folder.path, name))).mode & 0o777).toBe(0o700)
  })

  it('keep data, ports and secret over a clean stop, and over kill -9 of both while they write', async () => {
    const first = await start()
    await sql(first.databaseUrl, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)')
    await redis(first.redisUrl, (client) => client.set('kept', '1'))
    await stop()
    const second = await start()
    expect([second.databaseUrl, second.redisUrl, second.secretKey]).toEqual([first.databaseUrl, first.redisUrl, first.secretKey])
    const before = { ...second.pids }
    const session = new Client({ connectionString: second.databaseUrl })
    session.on('error', () => undefined)
    await session.connect()
    await session.query('INSERT INTO kept VALUES (2)')
    const busy = session.query('SELECT pg_sleep(60)').catch(() => undefined)
    for (const pid of Object.values(before) as number[]) process.kill(pid, 'SIGKILL')
    await eventually(async () => second.pids.postgres !== before.postgres && second.pids.redis !== before.redis, 30_000, 'both are back')
    await busy
    expect(await sql(second.databaseUrl, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }])
    expect(await redis(second.redisUrl, (client) => client.get('kept'))).toBe('1')
  })

  it('move to other ports when theirs are taken, and say so', async () => {
    const first = await start()
    const ports = [first.databaseUrl, first.redisUrl].map((url) => Number(new URL(url).port))
    await stop()
    const strangers = await Promise.all(ports.map((port) => new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer().listen(port, '127.0.0.1', () => { resolve(server) })
    })))
    try {
      const second = await start()
      expect(ports).not.toContain(Number(new URL(second.databaseUrl).port))
      expect(ports).not.toContain(Number(new URL(second.redisUrl).port))
      expect(lines.filter((line) => line.includes('is taken by another program'))).toHaveLength(2)
      expect(await sql(second.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    } finally {
      for (const server of strangers) server.close()
    }
  })

  it('begin again when the first cluster was never finished', async () => {
    await mkdir(join(folder.path, 'postgres.new', 'base'), { recursive: true })
    await writeFile(join(folder.path, 'postgres.new', 'PG_VERSION'), '18\n')
    await start()
    expect(await readdir(folder.path)).not.toContain('postgres.new')
  })

  it('are not misled by a pid file that names a stranger', async () => {
    await start()
    await stop()
    await writeFile(join(folder.path, 'postgres', 'postmaster.pid'), `${process.pid}\n${join(folder.path, 'postgres')}\n`)
    await writeFile(join(folder.path, 'redis', 'redis.pid'), `${process.pid}\n`)
    const { databaseUrl } = await start()
    expect(await sql(databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('run once per folder', async () => {
    await start()
    await expect(startEmbedded({ dataDir: folder.path, log: () => undefined })).rejects.toThrow(/another process runs the servers/)
  })

  it('refuse data whose passwords are lost or damaged, without touching it', async () => {
    await start()
    await stop()
    await writeFile(join(folder.path, 'servers.json'), '{"DATABASE_URL": ')
    await expect(start()).rejects.toThrow(/servers\.json is damaged/)
    expect(await readdir(join(folder.path, 'postgres'))).toContain('PG_VERSION')
  })
})
