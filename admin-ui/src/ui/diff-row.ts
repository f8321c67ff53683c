/** A field that two people made two things of. */
export interface DiffRow {
  readonly path: string
  /** What its reader calls the field. */
  readonly label: string
  /** In words; null: not there. */
  readonly before: string | null
  readonly mine: string | null
  readonly theirs: string | null
}
