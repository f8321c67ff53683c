import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { type Config, parseConfig } from '../../config/config.js'
import type { RushOptions } from './options.js'

/** What keeps the rush from being played or judged; the message is for a person. */
export class RushError extends Error {}

export interface Target {
  readonly graphqlUrl: string
  readonly adminGraphqlUrl: string
  readonly apiKey: string
  readonly operator: { readonly email: string; readonly password: string } | null
  /** Null where it is not known. */
  readonly metricsUrl: string | null
}

const demo = z.object({
  graphqlUrl: z.url(),
  adminGraphqlUrl: z.url(),
  apiKey: z.string(),
  operatorEmail: z.string(),
  operatorPassword: z.string(),
})

/** The server that the options name, else the one of DATA_DIR/demo.json. Throws RushError. */
export async function findTarget(options: RushOptions): Promise<Target> {
  const { url, apiKey, operatorEmail, operatorPassword, metricsUrl } = options
  if (url !== null && apiKey !== null) {
    const operator = operatorEmail === null || operatorPassword === null ? null : { email: operatorEmail, password: operatorPassword }
    return { graphqlUrl: url, adminGraphqlUrl: new URL('/admin/graphql', url).href, apiKey, operator, metricsUrl }
  }
  const config = parseConfig()
  const file = join(resolve(config.dataDir), 'demo.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new RushError(`No server was found: ${file} cannot be read. Start one with npm start, or name one with --url and --api-key`)
  }
  const known = demo.safeParse(parseJson(text))
  if (!known.success) throw new RushError(`${file} does not say where the server is. Start it again with npm start`)
  const { graphqlUrl, adminGraphqlUrl, operatorEmail: email, operatorPassword: password } = known.data
  return {
    graphqlUrl, adminGraphqlUrl, apiKey: known.data.apiKey, operator: { email, password },
    metricsUrl: metricsUrl ?? beside(graphqlUrl, config),
  }
}

/** METRICS_PORT where the server has this process's PORT, or else the port after the server's own. */
function beside(graphqlUrl: string, { port, metricsPort }: Pick<Config, 'port' | 'metricsPort'>): string {
  const url = new URL('/metrics', graphqlUrl)
  url.port = String(Number(url.port) === port ? metricsPort : Number(url.port) + 1)
  return url.href
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
