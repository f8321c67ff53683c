// npm start: prepares the clone where needed, then runs the supervisor on the pinned runtime until it is told to stop.
// Needs nothing but npm and any Node from 20.19; see src/supervisor.ts for what happens then.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './lib/files.mjs'
import { prepare } from './lib/prepare.mjs'
import { follow, pinnedNode } from './lib/run.mjs'
import { main, terminal } from './lib/terminal.mjs'

await main(async () => {
  const { say, progress } = terminal()
  await prepare({ say, progress }, { ui: true })
  // A session of its own: a signal to the whole group reaches it once, through here. The channel tells it when
  // this process is killed, so that nothing goes on running unseen.
  const supervisor = spawn(pinnedNode(), ['--enable-source-maps', join(root, 'dist', 'supervisor.js')], {
    cwd: root,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { code, signal } = await follow(supervisor, { onForce: () => supervisor.send({ type: 'force' }, () => {}) })
  if (signal !== null) say(`The supervisor was ended by ${signal}; the next npm start puts right what it left behind.`)
  return code
})
