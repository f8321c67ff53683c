import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Complaint, root, writeWhole } from './files.mjs'

const sources = join('admin-ui', 'src')
export const uiOut = join(root, sources, 'generated')

/** The dashboard's operations: every *.graphql beside the screens that run them. */
export const uiDocuments = () =>
  readdirSync(join(root, sources), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => [sources, ...name.split(sep)].join('/'))
    .sort()

/**
 * Types of the operations, and documents.json: their texts by SHA-256. The page is built with the hashes alone; the
 * server has the texts.
 */
export async function generateUi() {
  const require = createRequire(join(root, 'package.json'))
  const load = (id) => import(pathToFileURL(require.resolve(id)).href)
  const [{ codegen }, { preset }, graphql] = await Promise.all([load('@graphql-codegen/core'), load('@graphql-codegen/client-preset'), load('graphql')])
  const schema = graphql.parse(readFileSync(join(root, 'schema', 'admin.graphql'), 'utf8'))
  const schemaAst = graphql.buildASTSchema(schema)
  const documents = uiDocuments().map((location) => {
    const rawSDL = readFileSync(join(root, location), 'utf8')
    return { location, rawSDL, document: graphql.parse(rawSDL) }
  })
  const problems = graphql.validate(schemaAst, graphql.concatAST(documents.map(({ document }) => document)), graphql.specifiedRules.filter(({ name }) => name !== 'NoUnusedFragmentsRule'))
  if (problems.length > 0) throw new Complaint(`The dashboard’s operations do not fit schema/admin.graphql:\n${problems.map(String).join('\n')}`)
  const made = await preset.buildGeneratesSection({
    baseOutputDir: `${uiOut}/`,
    schema, schemaAst, documents,
    plugins: [], pluginMap: {},
    presetConfig: { fragmentMasking: false, persistedDocuments: { mode: 'replaceDocumentWithHash', hashAlgorithm: 'sha256' } },
    config: { useTypeImports: true, enumType: 'string-literal', defaultScalarType: 'unknown', scalars: { ID: 'string', DateTime: 'string' }, skipTypename: false },
  })
  const wanted = made.filter(({ filename }) => /(?:\/graphql\.ts|persisted-documents\.json)$/.test(filename))
  const [types, texts] = await Promise.all(wanted.map((options) => codegen(options)))
  writeWhole(join(uiOut, 'documents.json'), texts)
  writeWhole(join(uiOut, 'graphql.ts'), `// Made from schema/admin.graphql and the *.graphql beside the screens by npm run generate; changes here are lost.\n${types}`)
}
