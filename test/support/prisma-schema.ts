import { readFileSync } from 'node:fs'

/** A schema as sorted lines, one for each thing that it says, so that a difference is read at once. */
export interface SchemaFacts {
  columns: string[]
  enums: string[]
  /** Primary keys, unique constraints, foreign keys. */
  keys: string[]
}

interface Model { table: string; columnOf: Map<string, string>; lines: string[] }

const POSTGRES: Record<string, string> = {
  'String': 'text', 'String @db.Uuid': 'uuid', 'DateTime @db.Timestamptz(3)': 'timestamp(3) with time zone', 'Int': 'integer', 'Int @db.SmallInt': 'smallint',
  'DateTime @db.Date': 'date', 'BigInt': 'bigint', 'Boolean': 'boolean', 'Json': 'jsonb', 'Bytes': 'bytea', 'Unsupported("pg_lsn")': 'pg_lsn',
  'Unsupported("xid8")': 'xid8',
}

const mapped = (text: string): string | undefined => /@@?map\("([^"]+)"\)/.exec(text)?.[1]
const list = (text: string, name: string): string[] =>
  new RegExp(`${name}\\[([^\\]]*)\\]`).exec(text)?.[1]?.split(',').map((item) => item.trim()) ?? []

function blocks(text: string, kind: 'model' | 'enum'): Array<{ name: string; lines: string[] }> {
  return [...text.matchAll(new RegExp(`^${kind} (\\w+) \\{\\n([\\s\\S]*?)^\\}`, 'gm'))].map(([, name, body]) => ({
    name: name!,
    lines: body!.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('//')),
  }))
}

/** What prisma/schema.prisma says of the database. Throws at a type that it does not know. */
export function readPrismaSchema(path: string): SchemaFacts {
  const text = readFileSync(path, 'utf8')
  const enums = new Map(blocks(text, 'enum').map(({ name, lines }) => [name, { type: mapped(lines.at(-1)!)!, values: lines.slice(0, -1) }]))
  const models = new Map<string, Model>()
  const parsed = blocks(text, 'model')
  const names = new Set(parsed.map(({ name }) => name))
  const isColumn = (line: string) => !line.startsWith('@@') && !names.has(/^\w+\s+(\w+)/.exec(line)?.[1] ?? '')
  for (const { name, lines } of parsed) {
    const columnOf = new Map(lines.filter(isColumn).map((line) => [line.split(/\s+/)[0]!, mapped(line) ?? line.split(/\s+/)[0]!]))
    models.set(name, { table: mapped(lines.find((line) => line.startsWith('@@map'))!)!, columnOf, lines })
  }
  const facts: SchemaFacts = { columns: [], enums: [], keys: [] }
  for (const { type, values } of enums.values()) facts.enums.push(`${type}: ${values.join(', ')}`)
  for (const model of models.values()) {
    for (const line of model.lines.filter(isColumn)) if (!line.startsWith('@@')) facts.columns.push(columnFact(model, line, enums))
    facts.keys.push(...keyFacts(model, models))
  }
  for (const part of Object.values(facts) as string[][]) part.sort()
  return facts
}

function columnFact(model: Model, line: string, enums: ReadonlyMap<string, { type: string }>): string {
  const [, field, type, many] = /^(\w+)\s+([\w]+(?:\("[^"]*"\))?)(\?|\[\])?/.exec(line) ?? []
  const native = /@db\.\w+(?:\(\d+\))?/.exec(line)?.[0]
  const postgres = enums.get(type!)?.type ?? POSTGRES[native === undefined ? type! : `${type} ${native}`]
  if (postgres === undefined) throw new Error(`schema.prisma: no Postgres type is known for "${line}"`)
  const filled = line.includes('autoincrement()') ? ' identity' : line.includes('@default(') ? ' default' : ''
  return `${model.table}.${model.columnOf.get(field!)} ${postgres}${many === '[]' ? '[]' : ''}${many === '?' ? '' : ' not null'}${filled}`
}

function keyFacts(model: Model, models: ReadonlyMap<string, Model>): string[] {
  const columns = (fields: string[], of = model) => fields.map((field) => of.columnOf.get(field) ?? `?${field}`).join(', ')
  return model.lines.flatMap((line) => {
    const field = line.split(/\s+/)[0]!
    if (line.startsWith('@@id(')) return [`${model.table} primary (${columns(list(line, '\\('))})`]
    if (line.startsWith('@@unique(')) return [`${model.table} unique (${columns(list(line, '\\('))})`]
    // The other side of a relation that has a name says nothing about columns.
    if (line.includes('@relation(') && !line.includes('fields:')) return []
    if (line.includes('@relation(')) {
      const target = models.get(/^\w+\s+(\w+)/.exec(line)![1]!)!
      return [`${model.table} (${columns(list(line, 'fields: '))}) references ${target.table} (${columns(list(line, 'references: '), target)})`]
    }
    if (/\s@id\b/.test(line)) return [`${model.table} primary (${columns([field])})`]
    return /\s@unique\b/.test(line) ? [`${model.table} unique (${columns([field])})`] : []
  })
}
