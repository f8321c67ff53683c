/** What the books can find, as the API names it (docs/operations.md), each with a meaning and a procedure in the texts. */
const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'TICKETS', 'CODES', 'AWARDS', 'WALLETS'] as const
type Known = (typeof INVARIANTS)[number]

export const knownInvariant = (invariant: string): Known | undefined => INVARIANTS.find((each) => each === invariant)
