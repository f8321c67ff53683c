import { createHmac, hkdfSync } from 'node:crypto'

const MARK = 'whsec_'

/** The secret of a tenant's webhooks, as its receiver is given it. Each version is another; none is stored. */
export function webhookSecret(secretKey: string, tenantId: string, version: number): string {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', `drawbridge/webhook/${tenantId}/${version}`, 32))
  return MARK + key.toString('base64')
}

/** Standard Webhooks: the value of `webhook-signature`, one signature for each secret. `timestamp`: in seconds. */
export function signWebhook(secrets: readonly string[], id: string, timestamp: number, body: string): string {
  return secrets
    .map((secret) => createHmac('sha256', Buffer.from(secret.slice(MARK.length), 'base64')).update(`${id}.${timestamp}.${body}`).digest('base64'))
    .map((signature) => `v1,${signature}`)
    .join(' ')
}
