import { hash } from 'node:crypto'
import { ARMS } from '../../campaigns/domain/odds-tables.js'

/**
 * Where a participant stands in an experiment: uniform in [0, 10 000), and the same for ever while the experiment keeps its
 * name, in every campaign of the tenant. The first 48 bits of SHA-256 over the tenant, the experiment and the participant
 * (each behind its length in bytes, so that no two share a text), modulo 10 000: the bias is below 1 in 2e10.
 * It has nothing to do with the seed of any campaign: who knows the arm knows nothing of a roll.
 */
export function experimentArm(tenantId: string, experiment: string, participantId: string): number {
  const text = ['drawbridge/experiment', tenantId, experiment, participantId].map((part) => `${Buffer.byteLength(part)}:${part}`).join('')
  return hash('sha256', text, 'buffer').readUIntBE(0, 6) % ARMS
}
