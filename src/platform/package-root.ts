import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json: the sources run from src/ under tests and from dist/ elsewhere. */
function find(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json is missing beside the program: the installation is not whole')
  return find(parent)
}

export const packageRoot = find(dirname(fileURLToPath(import.meta.url)))
