import { existsSync, readFileSync, readdirSync, writeFileSync, copyFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { Complaint, hashOf, readJson, root, writeWhole } from './files.mjs'
import { pinnedNode, runQuietly, toolEnvironment } from './run.mjs'

const folder = join(root, 'admin-ui')
const out = join(folder, 'dist')
const inputs = [
  'admin-ui/index.html', 'admin-ui/public', 'admin-ui/src', 'admin-ui/vite.config.ts', 'admin-ui/tsconfig.json', 'admin-ui/postcss.config.cjs',
  'schema/admin.graphql', 'package-lock.json', 'scripts/lib/build-ui.mjs', 'scripts/lib/generate-ui.mjs',
]
/** What a browser must have before it can show anything, as it comes over the line. */
export const INITIAL_BYTES_MAX = 250_000
const COMPRESSED = new Set(['.js', '.css', '.svg'])
const BYTES_WORTH_COMPRESSING = 1_024

/** The chunks that the entry needs before it runs, itself included. */
function initialChunks(manifest) {
  const found = new Set()
  const visit = (key) => {
    if (found.has(key) || manifest[key] === undefined) return
    found.add(key)
    for (const needed of manifest[key].imports ?? []) visit(needed)
  }
  for (const [key, { isEntry }] of Object.entries(manifest)) if (isEntry === true) visit(key)
  return [...found].map((key) => manifest[key].file)
}

/** Of the build that is there: its first scripts, gzipped. */
export function initialBytes() {
  const manifest = readJson(join(out, '.vite', 'manifest.json'))
  if (manifest === undefined) throw new Complaint('The dashboard is not built: npm run build:ui')
  return initialChunks(manifest)
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file)), { level: 9 }).length, 0)
}

function compress() {
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!COMPRESSED.has(extname(name))) continue
    const path = join(out, name)
    const plain = readFileSync(path)
    if (plain.length < BYTES_WORTH_COMPRESSING) continue
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
    writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }))
  }
}

/** Builds admin-ui/dist unless its stamp names exactly these sources. Generated code must be there. */
export async function buildUi(say, progress) {
  const stampFile = join(out, '.stamp.json')
  const hash = hashOf(inputs, { skip: [join('admin-ui', 'src', 'generated')] })
  if (readJson(stampFile)?.sha256 === hash && existsSync(join(out, 'index.html'))) return
  const began = Date.now()
  say('Building the dashboard')
  await runQuietly('vite build', pinnedNode(), [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', folder, '--logLevel', 'warn'], {
    env: toolEnvironment({ NODE_ENV: 'production' }),
    onTick: (seconds) => progress('Building the dashboard', seconds),
    timeoutMs: 180_000,
  })
  copyFileSync(join(folder, 'src', 'generated', 'documents.json'), join(out, 'documents.json'))
  compress()
  writeWhole(stampFile, JSON.stringify({ sha256: hash }))
  say(`The dashboard was built in ${((Date.now() - began) / 1000).toFixed(1)} s`)
}
