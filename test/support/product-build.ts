import { transform } from '@swc/core'
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const project = process.cwd()
/** What the program reads beside its code. */
const BESIDE = ['package.json', 'prisma', 'schema']
const FILES_AT_ONCE = 16
/** By file of src: what stands in its place in a build with failpoints. */
const ARMED: Readonly<Record<string, string>> = { 'common/failpoint.ts': 'test/faults/world/failpoint-armed.ts' }

export interface ProductBuild {
  /** The compiled supervisor, as `npm start` runs it. */
  readonly supervisor: string
  /** The compiled command of src/cli. */
  readonly command: (name: string) => string
  remove(): Promise<void>
}

/**
 * The whole product from the sources as they are now, in a folder of its own: dist/ belongs to whoever runs `npm start`
 * in this clone. It lies under node_modules, so that it finds its packages. `failpoints`: those of src/common/failpoint.ts do
 * what FAILPOINT_ORDER says.
 */
export async function buildProduct({ failpoints = false } = {}): Promise<ProductBuild> {
  const base = join(project, 'node_modules', '.cache', 'drawbridge')
  await mkdir(base, { recursive: true })
  const folder = await mkdtemp(join(base, 'product-'))
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 })
  try {
    for (const name of BESIDE) await cp(join(project, name), join(folder, name), { recursive: true })
    const sources = (await readdir(join(project, 'src'), { recursive: true })).filter((name) => /\.(?:ts|lua)$/.test(name))
    const lane = async () => {
      for (let source = sources.pop(); source !== undefined; source = sources.pop()) await compile(source, failpoints, join(folder, 'dist', source))
    }
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane))
    return { supervisor: join(folder, 'dist', 'supervisor.js'), command: (name) => join(folder, 'dist', 'cli', `${name}.js`), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function compile(source: string, failpoints: boolean, target: string): Promise<void> {
  const filename = join(project, (failpoints ? ARMED[source] : undefined) ?? join('src', source))
  await mkdir(dirname(target), { recursive: true })
  if (source.endsWith('.lua')) return copyFile(filename, target)
  const { code } = await transform(await readFile(filename, 'utf8'), { filename, swcrc: true, sourceMaps: 'inline' })
  await writeFile(target.replace(/\.ts$/, '.js'), code)
}
