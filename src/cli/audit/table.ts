/** Columns as wide as their widest cell; those that are named `right` hold numbers. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>, right: readonly number[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all.map((row) => row.map((cell, column) =>
    (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd()).join('\n')
}
