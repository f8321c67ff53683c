import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Complaint, hashOf, readJson, root, writeWhole } from './files.mjs'
import { generateUi, uiDocuments, uiOut } from './generate-ui.mjs'
import { pinnedNode, runQuietly, toolEnvironment } from './run.mjs'

const out = join(root, 'src', 'generated')
const parts = [
  { name: 'app.graphql', inputs: ['schema/app.graphql', 'scripts/lib/generate.mjs'], result: 'app.graphql.ts', make: () => graphqlTypes('app') },
  { name: 'admin.graphql', inputs: ['schema/admin.graphql', 'scripts/lib/generate.mjs'], result: 'admin.graphql.ts', make: () => graphqlTypes('admin') },
  { name: 'prisma', inputs: ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'], result: 'prisma', make: () => prismaClient('prisma/schema.prisma') },
]
/** The dashboard's. Its operations come and go with its screens. */
const uiParts = () => [
  { name: 'admin-ui', inputs: ['schema/admin.graphql', 'scripts/lib/generate-ui.mjs', 'package-lock.json', ...uiDocuments()], result: 'graphql.ts', make: generateUi },
]
/** Beside the product: what the benchmarks compare it with. */
const benchOut = join(root, 'bench', 'generated')
const benchParts = [
  { name: 'bench', inputs: ['bench/baselines/schema.prisma', 'package-lock.json'], result: 'prisma', make: () => prismaClient('bench/baselines/schema.prisma') },
]

async function prismaClient(schema) {
  const node = pinnedNode()
  // The CLI insists on a schema engine, which it would download; generating needs none, so any file that exists will do.
  const env = toolEnvironment({ PRISMA_SCHEMA_ENGINE_BINARY: node, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' })
  await runQuietly('prisma generate', node, [join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate', '--schema', schema], { env, timeoutMs: 120_000 })
}

async function graphqlTypes(name) {
  const require = createRequire(join(root, 'package.json'))
  const load = (id) => import(pathToFileURL(require.resolve(id)).href)
  const [{ codegen }, typescript, { parse }] = await Promise.all([load('@graphql-codegen/core'), load('@graphql-codegen/typescript'), load('graphql')])
  const plugin = typescript.plugin === undefined ? typescript.default : typescript
  const filename = join(out, `${name}.graphql.ts`)
  const text = await codegen({
    filename,
    documents: [],
    schema: parse(readFileSync(join(root, 'schema', `${name}.graphql`), 'utf8')),
    plugins: [{ typescript: {} }],
    pluginMap: { typescript: plugin },
    config: {
      enumsAsTypes: true,
      useTypeImports: true,
      strictScalars: false,
      defaultScalarType: 'unknown',
      scalars: { ID: 'string', DateTime: 'Date' },
      maybeValue: 'T | null',
      inputMaybeValue: 'T | null | undefined',
      avoidOptionals: { field: true, inputValue: false, object: true, defaultValue: false },
    },
  })
  writeWhole(filename, `// Made from schema/${name}.graphql by npm run generate; changes here are lost.\n${text}`)
}

/** Makes the Prisma client and the GraphQL types, each only when its inputs changed; `bench`: also what stands beside the product. */
export async function generate(say = () => {}, { bench = false } = {}) {
  await generateInto(out, parts, say)
  await generateInto(uiOut, uiParts(), say)
  if (bench) await generateInto(benchOut, benchParts, say)
}

async function generateInto(folder, made, say) {
  const stampFile = join(folder, '.stamps.json')
  const stamps = readJson(stampFile) ?? {}
  for (const part of made) {
    const hash = hashOf(part.inputs)
    if (stamps[part.name] === hash && existsSync(join(folder, part.result))) continue
    if (!existsSync(join(root, part.inputs[0]))) throw new Complaint(`${part.inputs[0]} is missing: the clone is not whole`)
    say(`Generating ${part.result === 'prisma' ? `the Prisma client${folder === out ? '' : ' of the baselines'}` : part.name === 'admin-ui' ? 'types for the dashboard' : `types for schema/${part.name}`}`)
    await part.make()
    stamps[part.name] = hash
    writeWhole(stampFile, JSON.stringify(stamps, null, 2))
  }
}
