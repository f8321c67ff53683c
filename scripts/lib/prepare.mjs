import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildUi } from './build-ui.mjs'
import { hashOf, readJson, root, writeWhole } from './files.mjs'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { exclusively } from './mutex.mjs'
import { pinnedNode, runQuietly } from './run.mjs'

const inputs = ['src', 'prisma', 'schema', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', '.swcrc', 'scripts/lib']

/** Builds dist/ unless its stamp names exactly these sources. */
async function build(say, progress) {
  const stampFile = join(root, 'dist', '.stamp.json')
  // Generated code follows from inputs that are hashed themselves.
  const hash = hashOf(inputs, { skip: [join('src', 'generated')] })
  if (readJson(stampFile)?.sha256 === hash && existsSync(join(root, 'dist', 'supervisor.js'))) return
  const began = Date.now()
  say('Building')
  await runQuietly('nest build', pinnedNode(), [join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build'], {
    onTick: (seconds) => progress('Building', seconds),
    timeoutMs: 180_000,
  })
  writeWhole(stampFile, JSON.stringify({ sha256: hash }))
  say(`Built in ${((Date.now() - began) / 1000).toFixed(1)} s`)
}

/** Packages, generated code, dist/ and, for `ui`, the dashboard as the sources want them; does nothing where they are so already. */
export async function prepare({ say, progress }, { bench = false, ui = false } = {}) {
  await exclusively(async () => {
    await install(say, progress)
    await generate(say, { bench })
    await build(say, progress)
    if (ui) await buildUi(say, progress)
  }, () => say('Waiting for another preparation of this clone'))
}
