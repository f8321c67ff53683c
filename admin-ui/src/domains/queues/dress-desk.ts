/** Where the desk's page keeps what its reader has set, and the form that it has there. */
const STORED = 'board-settings'
const FORM = 2

interface Stored { readonly state?: Record<string, unknown> }

function stored(): Stored {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORED) ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** The desk in the colours and the language of the dashboard around it, before it reads them. The rest stays as its reader set it. */
export function dressDesk(theme: 'light' | 'dark', language: string): void {
  const state = { ...stored().state, theme, language: language === 'en' ? 'en-GB' : language }
  localStorage.setItem(STORED, JSON.stringify({ state, version: FORM }))
}
