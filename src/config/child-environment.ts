/** The environment for a child process: this process's own with `extra` over it; undefined takes a name away. */
export function childEnvironment(extra: Record<string, string | undefined> = {}): Record<string, string> {
  const merged = { ...process.env, ...extra }
  return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
