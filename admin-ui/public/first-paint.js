// Before the first paint: the page in the colours and the language that its reader chose, without a flash of others.
try {
  var scheme = localStorage.getItem('drawbridge.scheme') || 'auto'
  var dark = scheme === 'dark' || (scheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
  document.documentElement.lang = localStorage.getItem('drawbridge.language') || 'en'
} catch {
  // Storage that is closed to us costs a flash, no more.
}
