/** A field of two versions, or of three. */
export interface DiffRow {
  readonly path: string
  /** In words; without it the path itself. */
  readonly name?: string
  /** Null: it is not there. */
  readonly before: string | null | undefined
  readonly after: string | null | undefined
  /** What somebody else has made of it meanwhile; undefined where nobody has. */
  readonly theirs?: string | null | undefined
}
