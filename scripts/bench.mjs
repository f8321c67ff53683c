// npm run bench:<name>: runs bench/<name>.ts from its source, with a Postgres and a Redis of its own unless the environment names some.
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { Complaint, root } from './lib/files.mjs'
import { prepare } from './lib/prepare.mjs'
import { follow, pinnedNode } from './lib/run.mjs'
import { main, terminal } from './lib/terminal.mjs'

await main(async () => {
  const [name, ...args] = process.argv.slice(2)
  const file = join(root, 'bench', `${name ?? ''}.ts`)
  if (name === undefined || !/^[a-z]+(?:-[a-z]+)*$/.test(name) || !existsSync(file)) throw new Complaint('Usage: node scripts/bench.mjs <name> [arguments]')
  await prepare(terminal({ quiet: true }), { bench: true })
  const hooks = join(root, 'test', 'support', 'typescript-hooks.mjs')
  const env = { ...process.env, NODE_ENV: 'production', LOG_LEVEL: process.env.LOG_LEVEL || 'error' }
  const child = spawn(pinnedNode(), ['--enable-source-maps', '--import', hooks, file, ...args], { cwd: root, env, stdio: 'inherit' })
  return (await follow(child)).code
})
