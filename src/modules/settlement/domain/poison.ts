/** Data that can never be written, however often it is tried. The message is for operators. */
export class PoisonError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PoisonError'
  }
}

const sqlState = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : ''
}

/** Whether the data is at fault (SQLSTATE classes 22 and 23, or a broken promise of our own) and not the database. */
export const isPoison = (error: unknown): boolean => error instanceof PoisonError || /^2[23]/.test(sqlState(error))

/** What an operator may read of an error: its SQLSTATE and constraint, never values of other rows. */
export function describeError(error: unknown): string {
  if (error instanceof PoisonError) return error.message
  const constraint = typeof error === 'object' && error !== null && 'constraint' in error ? String(error.constraint) : ''
  const state = sqlState(error)
  if (state !== '') return constraint === '' ? `SQLSTATE ${state}` : `SQLSTATE ${state} (${constraint})`
  return error instanceof Error ? error.name : 'unknown error'
}
