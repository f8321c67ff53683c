// npm run screenshots: every screen of the dashboard, in both themes and both languages, into docs/screenshots.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './lib/files.mjs'
import { follow, pinnedNode, toolEnvironment } from './lib/run.mjs'
import { main } from './lib/terminal.mjs'

await main(async () => {
  const args = [join(root, 'scripts', 'test.mjs'), 'test/e2e/dashboard-screens.spec.ts']
  const child = spawn(pinnedNode(), args, { cwd: root, env: toolEnvironment({ SCREENSHOTS: join('docs', 'screenshots') }), stdio: 'inherit' })
  return (await follow(child)).code
})
