import { SqlService } from '../../src/platform/prisma/sql.service.js'
import type { TestApp } from './app.js'

/** Notes every transaction of a tenant, by the texts of its statements, until `stop`. */
export function watchTransactions({ app }: Pick<TestApp, 'app'>): { readonly transactions: readonly string[][]; stop(): void } {
  const sql = app.get(SqlService, { strict: false })
  const plain = sql.tenant.bind(sql)
  const transactions: string[][] = []
  sql.tenant = (tenantId, fn, options) => plain(tenantId, (client) => {
    const texts: string[] = []
    transactions.push(texts)
    return fn({ query: (text, values, name) => { texts.push(text); return client.query(text, values, name) } })
  }, options)
  return { transactions, stop: () => { sql.tenant = plain } }
}
