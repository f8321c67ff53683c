/** What somebody pasted, one to a line: blank lines and repetitions left out, in the order given. */
export const linesOf = (text: string): string[] => [...new Set(text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line !== ''))]
