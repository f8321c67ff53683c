import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { chmod, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { isAlive, waitGone } from '../../src/platform/embedded/processes.js'
import { buildSupervisor, eventually, Start, temporaryFolder, type Pids } from './harness.js'

describe('the supervisor', () => {
  let build: Awaited<ReturnType<typeof buildSupervisor>>
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let starts: Start[]

  // One DATA_DIR for all: every test but the first begins on what the one before left.
  beforeAll(async () => {
    build = await buildSupervisor()
    folder = await temporaryFolder()
  })
  afterAll(async () => {
    await build.remove()
    await folder.remove()
  })
  beforeEach(() => { starts = [] })
  afterEach(async () => {
    await Promise.all(starts.map((begun) => begun.stop()))
  })

  async function start(env: Record<string, string> = {}, dataDir = folder.path, port?: number): Promise<Start> {
    const begun = new Start(build.script, dataDir, port ?? (await choosePort(undefined)), env)
    starts.push(begun)
    return begun
  }

  const dead = async (pids: Pids) => {
    for (const pid of Object.values(pids) as number[]) expect(await waitGone(pid, 10_000)).toBe(true)
  }

  it('starts everything, tells it in a private demo.json, and stops every child on SIGTERM, the app asked once', async () => {
    const first = await start()
    const pids = await first.ready()
    await eventually(async () => first.output.includes('Ctrl-C stops everything.'), 30_000, 'the welcome')
    expect((await stat(join(folder.path, 'demo.json'))).mode & 0o777).toBe(0o600)
    expect(first.output).toContain('app got everything')
    expect(first.output).toMatch(/curl -s http:\/\/localhost:\d+\/graphql/)
    expect(await first.stop()).toBe(0)
    await dead(pids)
    const log = await readFile(join(folder.path, 'logs', 'app.log'), 'utf8')
    expect(log.match(/SIGTERM/g)).toHaveLength(1)

    const again = await start()
    const began = Date.now()
    await again.ready()
    process.stderr.write(`supervisor: a later start was ready after ${Date.now() - began} ms\n`)
  })

  it.each(['app', 'postgres', 'redis'] as const)('brings %s back after kill -9, and rewrites demo.json', async (name) => {
    const running = await start()
    const before = await running.ready()
    process.kill(before[name] ?? -1, 'SIGKILL')
    const after = await eventually(async () => {
      const pids = await running.pids()
      return pids !== undefined && pids[name] !== before[name] && (await isAlive(pids[name] ?? -1)) && pids
    }, 30_000, `${name} is back`)
    expect({ ...after, [name]: 0 }).toEqual({ ...before, [name]: 0 })
    await running.ready(30_000)
  })

  it('leaves nothing in the way when it is killed itself: the next start is ready with new children', async () => {
    const killed = await start()
    const before = await killed.ready()
    killed.child.kill('SIGKILL')
    await killed.ended
    const next = await start({}, folder.path, killed.port)
    // First, or the killed one's app, which may answer for a moment yet, would be taken for the next.
    await dead(before)
    const after = await next.ready(10_000)
    for (const name of ['app', 'postgres', 'redis'] as const) expect(after[name]).not.toBe(before[name])
  })

  it('ends what a killed one left running, where the system does not', async () => {
    // As on a system that cannot tell the servers that their supervisor died.
    const tools = join(folder.path, 'tools')
    await mkdir(tools)
    await copyFile('test/embedded/fixtures/setpriv.sh', join(tools, 'setpriv'))
    await chmod(join(tools, 'setpriv'), 0o755)
    const dataDir = join(folder.path, 'data')
    const env = { PATH: `${tools}:${process.env['PATH'] ?? ''}` }
    const killed = await start(env, dataDir)
    const before = await killed.ready()
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(await isAlive(before.postgres ?? -1)).toBe(true)
    expect(await isAlive(before.redis ?? -1)).toBe(true)
    const next = await start(env, dataDir, killed.port)
    // The killed one's app may answer for a moment yet: what the next one says counts.
    await eventually(async () => next.output.includes('Redis of an earlier run still works'), 15_000, 'cleaning up')
    await next.ready(15_000)
    expect(next.output).toContain(`Postgres of an earlier run still works (pid ${before.postgres})`)
    expect(next.output).toContain(`Redis of an earlier run still works (pid ${before.redis})`)
    await dead(before)
  })

  it('says what is wrong with a DATA_DIR that is none', async () => {
    const path = join(folder.path, 'file')
    await writeFile(path, '')
    const refused = await start({}, path)
    expect(await refused.ended).toBe(1)
    expect(refused.output).toMatch(/^DATA_DIR: .*file/)
  })

  it('stops all when its starter is killed', async () => {
    const running = await start()
    const pids = await running.ready()
    running.child.disconnect()
    expect(await running.ended).toBe(0)
    await dead(pids)
  })

  it('stays with one that runs already on the same data and port, and passes the stop on', async () => {
    const first = await start()
    const pids = await first.ready()
    const second = await start({}, folder.path, first.port)
    await eventually(async () => second.output.includes('runs already'), 10_000, 'attached')
    expect(await second.stop()).toBe(0)
    expect(await first.ended).toBe(0)
    await dead(pids)
  })

  it('refuses a second port on the same data', async () => {
    const first = await start()
    await first.ready()
    const second = await start()
    expect(await second.ended).toBe(1)
    expect(second.output).toMatch(/^DATA_DIR: .* is in use by a Drawbridge on port/)
  })

  it('runs beside another with its own data and port', async () => {
    const other = await temporaryFolder()
    try {
      const [one, two] = await Promise.all([start(), start({}, other.path)])
      const [first, second] = await Promise.all([one.ready(), two.ready()])
      expect(new Set([...Object.values(first), ...Object.values(second)]).size).toBe(6)
      expect(await two.stop()).toBe(0)
      for (const pid of Object.values(first) as number[]) expect(await isAlive(pid)).toBe(true)
    } finally {
      await Promise.all(starts.map((begun) => begun.stop()))
      await other.remove()
    }
  })

  it('names PORT when somebody else listens there', async () => {
    const port = await choosePort(undefined)
    const stranger = await new Promise<Server>((resolve) => { const server = createServer().listen(port, '127.0.0.1', () => { resolve(server) }) })
    try {
      const refused = await start({}, folder.path, port)
      expect(await refused.ended).toBe(1)
      expect(refused.output).toContain(`PORT: ${port} is in use by another program`)
    } finally {
      stranger.close()
    }
  })

  it.each([
    ['DATABASE_URL', 'postgresql://nobody:secret@127.0.0.1:1/none', /^DATABASE_URL: .*connection refused/m],
    ['DATABASE_URL', 'mysql://127.0.0.1/none', /^DATABASE_URL: must be a URL that begins with postgres/m],
    ['DATABASE_URL', 'postgresql://nobody:secret@no-such-host.invalid/none', /^DATABASE_URL: .*(?:no host of that name|cannot be looked up)/m],
    ['REDIS_URL', 'redis://:secret@127.0.0.1:1', /^REDIS_URL: .*connection refused/m],
    ['PORT', 'many', /^PORT: /m],
  ])('explains a wrong %s soon (%s)', async (variable, value, message) => {
    const began = Date.now()
    const refused = await start({ [variable]: value })
    expect(await refused.ended).toBe(1)
    expect(refused.output).toMatch(message)
    expect(refused.output).not.toContain('secret')
    expect(Date.now() - began).toBeLessThan(60_000)
  })

  it.each(['DATABASE_URL', 'REDIS_URL'])('does not wait for a %s that accepts and says nothing', async (variable) => {
    const port = await choosePort(undefined)
    const silent = await new Promise<Server>((resolve) => { const server = createServer().listen(port, '127.0.0.1', () => { resolve(server) }) })
    try {
      const began = Date.now()
      const refused = await start({ [variable]: variable === 'REDIS_URL' ? `redis://127.0.0.1:${port}` : `postgresql://a:b@127.0.0.1:${port}/c` })
      expect(await refused.ended).toBe(1)
      expect(refused.output).toMatch(new RegExp(`^${variable}: .*timed out`))
      expect(Date.now() - began).toBeLessThan(60_000)
    } finally {
      silent.close()
    }
  })

  it('uses the servers it is given, starts neither, and says when a password is wrong', async () => {
    const owner = await start()
    await owner.ready()
    const servers = JSON.parse(await readFile(join(folder.path, 'servers.json'), 'utf8')) as { DATABASE_URL: string; REDIS_URL: string }
    const other = await temporaryFolder()
    try {
      const guest = await start({ DATABASE_URL: servers.DATABASE_URL, REDIS_URL: servers.REDIS_URL, DEMO: '1' }, other.path)
      const pids = await eventually(() => guest.pids(), 10_000, 'demo.json')
      expect(pids).toMatchObject({ postgres: null, redis: null })
      await guest.stop()
      const wrong = (url: string) => url.replace(/:[^:@/]+@/, ':wrong@')
      const refused = await start({ DATABASE_URL: wrong(servers.DATABASE_URL), REDIS_URL: wrong(servers.REDIS_URL) }, other.path)
      expect(await refused.ended).toBe(1)
      expect(refused.output).toMatch(/^DATABASE_URL: .*the password is wrong$/m)
      expect(refused.output).toMatch(/^REDIS_URL: .*the password is wrong or missing$/m)
    } finally {
      await other.remove()
    }
  })
})
