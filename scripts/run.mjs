// Runs a command of the product: node scripts/run.mjs cli/<name> [arguments]. Prepares the clone quietly first, and
// points the command at the servers that `npm start` keeps under DATA_DIR unless the environment names others.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Complaint, readJson, root } from './lib/files.mjs'
import { prepare } from './lib/prepare.mjs'
import { follow, pinnedNode } from './lib/run.mjs'
import { main, terminal } from './lib/terminal.mjs'

await main(async () => {
  const [name, ...args] = process.argv.slice(2)
  if (name === undefined || !/^[a-z]+(?:[/-][a-z]+)*$/.test(name)) throw new Complaint('Usage: node scripts/run.mjs cli/<name> [arguments]')
  await prepare(terminal({ quiet: true }))
  const script = join(root, 'dist', `${name}.js`)
  if (!existsSync(script)) throw new Complaint(`There is no command ${name}`)
  const servers = readJson(join(resolve(root, process.env.DATA_DIR || '.data'), 'servers.json')) ?? {}
  const env = { ...process.env }
  for (const variable of ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY']) {
    const known = servers[variable]
    // A URL without a port is of a server that never ran here.
    const usable = typeof known === 'string' && (variable === 'SECRET_KEY' || (URL.canParse(known) && new URL(known).port !== ''))
    if ((env[variable] ?? '') === '' && usable) env[variable] = known
  }
  const child = spawn(pinnedNode(), ['--enable-source-maps', script, ...args], { cwd: root, env, stdio: 'inherit' })
  return (await follow(child)).code
})
