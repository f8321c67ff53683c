import type { ApiError } from '../api/errors.js'

/** Why the API refused something: in English, and by a code with what the code leaves open. */
export interface Told {
  readonly message: string
  readonly code?: string | undefined
  readonly params?: Readonly<Record<string, string | number>> | undefined
}

/** Of a refusal that was thrown. */
export const toldBy = ({ message, details: { reason, params } }: ApiError): Told => ({ message, code: reason, params })

/** Parameters as the schema lists them. */
export const paramsOf = (list: ReadonlyArray<{ readonly name: string; readonly value: string }>): Readonly<Record<string, string>> =>
  Object.fromEntries(list.map(({ name, value }) => [name, value]))
