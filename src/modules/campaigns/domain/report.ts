import type { Params, Reason } from '../../../common/reasons.js'

/** `code` and `params` say what `message` does to whoever words it in another language. */
export type FieldProblem = Readonly<{ path: string; message: string; code: Reason; params?: Params }>

/** Takes down what is wrong with one field: in English, and by its code and what the code leaves open. */
export type Report = (path: string, message: string, code: Reason, params?: Params) => void

export const reportTo = (problems: FieldProblem[]): Report => (path, message, code, params) => {
  problems.push({ path, message, code, ...(params === undefined ? {} : { params }) })
}
