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
/** Of all scripts that a browser loads until the login page stands, gzipped. */
export const INITIAL_BYTES_MAX = 250_000
const LANGUAGES = ['en', 'zh-CN']
const LOGIN = ['src/domains/session/login-page.tsx']
const HOME = ['src/shell/shell.tsx', 'src/domains/home/home.tsx']
/** As the page names it, beside what is bundled (admin-ui/public). */
const FIRST_PAINT = 'first-paint.js'
const COMPRESSED = new Set(['.js', '.css', '.svg'])
const BYTES_WORTH_COMPRESSING = 1_024

/** The chunks that these need before they run, themselves included. */
function chunksOf(manifest, keys) {
  const found = new Set()
  const visit = (key) => {
    if (found.has(key)) return
    const chunk = manifest[key]
    if (chunk === undefined) throw new Complaint(`The dashboard's build has no ${key}, by whose name its first scripts are counted`)
    found.add(key)
    for (const needed of chunk.imports ?? []) visit(needed)
  }
  for (const key of keys) visit(key)
  return new Set([...found].map((key) => manifest[key].file).filter((file) => file.endsWith('.js')))
}

/** Paths within the build, for a reader of this language. `home`: what the first screen needs that the login page did not. */
export function scriptsOf(language) {
  const manifest = readJson(join(out, '.vite', 'manifest.json'))
  if (manifest === undefined) throw new Complaint('The dashboard is not built: npm run build:ui')
  const entries = Object.keys(manifest).filter((key) => manifest[key].isEntry === true)
  const login = chunksOf(manifest, [...entries, `src/i18n/first/${language}.ts`, ...LOGIN])
  const home = chunksOf(manifest, [`src/i18n/${language}.ts`, ...HOME])
  return { login: [FIRST_PAINT, ...login], home: [...home].filter((file) => !login.has(file)) }
}

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/** Gzipped, each by itself, as they come over the line. */
export const gzippedBytes = (files) => files.reduce((sum, file) => sum + gzipSync(readFileSync(join(out, file)), { level: 9 }).length, 0)

/** Of the build that is there, in the language that needs most. */
export function initialBytes() {
  const scripts = LANGUAGES.map((language) => scriptsOf(language))
  const most = (part) => Math.max(...scripts.map((of) => gzippedBytes(of[part])))
  return { login: most('login'), home: most('home') }
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
  const { login, home } = initialBytes()
  say(`The dashboard was built in ${((Date.now() - began) / 1000).toFixed(1)} s; scripts, gzipped: ${kB(login)} until the login page stands, ${kB(home)} more until Home does`)
}
