const FOREIGN_LINK = /<link\b[^>]*\bhref="(?:https?:)?\/\/[^"]*"[^>]*>\s*/gi
/** What stands in the page until its scripts run: dots in inline styles. */
const WAITING = /<div id="root">[\s\S]*?<\/style>\s*<\/div>/i
const LOOSE = [/\sstyle\s*=/i, /<style\b/i, /\son[a-z]+\s*=/i, /(?:src|href)\s*=\s*"(?:https?:)?\/\//i, /<script\b(?![^>]*\b(?:src=|type="application\/json"))/i]

/**
 * The board's page without what a strict policy would block, or another host would be told of. Throws where something of
 * that kind is left: a later version of the board, which somebody has to look at.
 */
export function strictPage(html: string): string {
  const page = html.replace(FOREIGN_LINK, '').replace(WAITING, '<div id="root"></div>')
  // What it is told about itself is data, which no browser runs.
  const markup = page.replace(/(<script id="__UI_CONFIG__"[^>]*>)[\s\S]*?<\/script>/, '$1</script>')
  const loose = LOOSE.find((pattern) => pattern.test(markup))
  if (loose !== undefined) throw new Error(`The board's page has what its policy forbids: ${loose.source}`)
  return page
}
