export const INITIAL_BYTES_MAX: number
export function scriptsOf(language: string): { login: string[]; home: string[] }
export function gzippedBytes(files: readonly string[]): number
