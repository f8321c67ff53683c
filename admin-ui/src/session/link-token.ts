import { shared } from '../lib/shared.js'

/** As it stands behind the # of one-time links: whoever reads it over somebody's shoulder could use it. */
const TOKEN = /^#(dbl_[\w-]+)$/

const token = shared<string | null>(null)

/** Takes the token out of the address, so that neither the bar, the history nor a screenshot has it. It is kept in this page's memory alone. */
function take(): void {
  const found = TOKEN.exec(location.hash)?.[1]
  if (found === undefined) return
  history.replaceState(history.state, '', location.pathname + location.search)
  token.set(found)
}

// Before the router reads the address; and where a link is pasted into a page that is open already.
take()
addEventListener('hashchange', take)

/** Of the one-time link that this page was opened with; null: with none. */
export const useLinkToken = token.use
