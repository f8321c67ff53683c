// What spreadsheets take for a formula, or strip before they look for one; and our own mark, so that it can be taken off again.
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/

const cell = (text: string | null): string => {
  if (text === null) return ''
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) || harmless !== harmless.trim() ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/**
 * A line of a CSV file (RFC 4180). A cell that a spreadsheet would run begins with an apostrophe instead, and so does one that
 * began with an apostrophe: who takes one off reads what was written. Null and an empty text look alike.
 */
export const csvLine = (cells: ReadonlyArray<string | null>): string => `${cells.map(cell).join(',')}\r\n`
