// npm run screenshots: every screen of the dashboard, in both themes and both languages, into docs/screenshots.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Complaint, root } from './lib/files.mjs'
import { follow, pinnedNode, toolEnvironment } from './lib/run.mjs'
import { main } from './lib/terminal.mjs'

/** Null: nobody can say. */
function hasChinese() {
  const { error, status, stdout } = spawnSync('fc-list', [':lang=zh', 'family'], { encoding: 'utf8' })
  return error !== undefined || status !== 0 ? null : stdout.trim() !== ''
}

await main(async () => {
  if (hasChinese() === false) throw new Complaint('There is no font with Chinese characters: the pictures would have boxes. Install one (Debian: apt-get install fonts-noto-cjk)')
  const args = [join(root, 'scripts', 'test.mjs'), 'test/e2e/dashboard-screens.spec.ts']
  const child = spawn(pinnedNode(), args, { cwd: root, env: toolEnvironment({ SCREENSHOTS: join('docs', 'screenshots') }), stdio: 'inherit' })
  return (await follow(child)).code
})
