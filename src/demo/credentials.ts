import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { readIfThere, writePrivate } from '../platform/embedded/files.js'

const credentials = z.object({ apiKey: z.string(), operatorPassword: z.string() })
const file = z.record(z.string(), credentials)

/** Secrets that the database keeps as hashes alone. */
export type Credentials = Readonly<z.infer<typeof credentials>>

/**
 * DATA_DIR/demo-credentials.json, by the tenants' slugs. Only ever a help: what is missing, damaged or out of date is
 * replaced by new secrets.
 */
export class CredentialsFile {
  private constructor(private readonly path: string, private readonly known: Map<string, Credentials>) {}

  static async open(dataDir: string): Promise<CredentialsFile> {
    const folder = resolve(dataDir)
    await mkdir(folder, { recursive: true, mode: 0o711 })
    const path = join(folder, 'demo-credentials.json')
    return new CredentialsFile(path, new Map(Object.entries(parse((await readIfThere(path)) ?? '{}'))))
  }

  get(slug: string): Credentials | undefined {
    return this.known.get(slug)
  }

  /** On disk when this resolves, readable by its owner alone. */
  async put(slug: string, secrets: Credentials): Promise<void> {
    this.known.set(slug, secrets)
    await writePrivate(this.path, `${JSON.stringify(Object.fromEntries(this.known), null, 2)}\n`)
  }
}

function parse(text: string): Record<string, Credentials> {
  try {
    return file.parse(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return {}
    throw error
  }
}
