import type { Context } from '../../common/context.js'
import type { OperatorSession } from '../../modules/tenancy/tenancy.types.js'

/** Who runs an operation, once it is proven. */
export interface Proof {
  readonly ctx: Context
  /** An operator's. */
  readonly session?: OperatorSession
}

interface Proofs {
  app?: Promise<Proof>
  admin?: Promise<Proof>
  proven?: Proof
}

// Beside the GraphQL context rather than in it or in the request: a WebSocket's request outlives many operations, and
// each of them is proven anew.
const proofs = new WeakMap<object, Proofs>()

export function proofOf(graphqlContext: object): Proofs {
  let proof = proofs.get(graphqlContext)
  if (proof === undefined) {
    proof = {}
    proofs.set(graphqlContext, proof)
  }
  return proof
}
