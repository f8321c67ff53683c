import type { Readable } from 'node:stream'
import type { TestApp } from './app.js'
import { bearer } from './fixtures.js'
import { gqlData } from './gql.js'

export interface ImportAnswer {
  id: string
  state: 'RUNNING' | 'DONE' | 'REFUSED' | 'FAILED'
  dryRun: boolean
  rows: number
  imported: number
  errorCount: number
  errors: Array<{ line: number; message: string }>
  message: string | null
}

export interface UploadAnswer {
  status: number
  body: ImportAnswer & { errors: Array<{ extensions?: { code?: string; field?: string } }> }
}

/** Sends a file to an app's import route. `query` beside the prize's id. */
export async function upload(
  app: Pick<TestApp, 'url'>, headers: Record<string, string>, prizeId: string, file: string | Readable, query: Record<string, string> = {},
): Promise<UploadAnswer> {
  const response = await fetch(`${app.url}/admin/codes/import?${new URLSearchParams({ prizeId, ...query })}`, {
    method: 'POST', headers: { 'content-type': 'text/csv', ...headers }, body: file as string, signal: AbortSignal.timeout(300_000),
    ...(typeof file === 'string' ? {} : { duplex: 'half' }),
  } as RequestInit)
  return { status: response.status, body: await response.json() as UploadAnswer['body'] }
}

export const csv = (codes: readonly string[], expiresAt = ''): string => `code,expiresAt\n${codes.map((code) => `${code},${expiresAt}\n`).join('')}`

export interface PoolAnswer {
  prize: { id: string }
  imported: number
  assigned: number
  free: number
  expired: number
  voided: number
  waitingAwards: number
  lowStockAt: number | null
  lowStock: boolean
  warnings: string[]
}

export const POOL_FIELDS = 'prize { id } imported assigned free expired voided waitingAwards lowStockAt lowStock warnings'

export async function poolsOf(app: Pick<TestApp, 'adminGraphqlUrl'>, token: string, campaignId: string): Promise<PoolAnswer[]> {
  const query = `query ($c: ID!) { codePools(campaignId: $c) { ${POOL_FIELDS} } }`
  return (await gqlData<{ codePools: PoolAnswer[] }>(app.adminGraphqlUrl, query, { c: campaignId }, bearer(token))).codePools
}
