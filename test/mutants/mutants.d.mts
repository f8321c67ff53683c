/** A deliberate fault: `find`, which is once in `file`, becomes `replace`, and at least one of `tests` must fail. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly tests: readonly string[]
}
export const mutants: readonly Mutant[]
