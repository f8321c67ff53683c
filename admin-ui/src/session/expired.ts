import { shared } from '../lib/shared.js'

/** Whether the server has said that the session is over while a screen is open. The screen stays as it is until it is opened again. */
export const { set: setExpired, use: useExpired } = shared(false)
