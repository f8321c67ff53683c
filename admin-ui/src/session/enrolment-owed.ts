import { shared } from '../lib/shared.js'

/** Whether the server has said that the operator must enrol a second factor before anything else. */
export const { set: setEnrolmentOwed, use: useEnrolmentOwed } = shared(false)
