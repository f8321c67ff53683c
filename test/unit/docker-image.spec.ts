import { existsSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '..', '..')
const lines = (file: string) => readFileSync(join(root, file), 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))

/** To Docker, unlike to Node, a dot is a character like any other. */
const fits = (path: string, pattern: string) => pattern === '*' || matchesGlob(path, pattern)

/** What a build is given of this folder, by .dockerignore: the last line that names a path, or a folder above it, decides. */
function isGiven(path: string): boolean {
  const parts = path.split('/')
  const above = parts.map((_, n) => parts.slice(0, n + 1).join('/'))
  let given = true
  for (const line of lines('.dockerignore')) {
    const isException = line.startsWith('!')
    if (above.some((one) => fits(one, isException ? line.slice(1) : line))) given = isException
  }
  return given
}

/** Of the Dockerfile, what it copies from this folder and not from another stage. */
const copied = lines('docker/Dockerfile')
  .filter((line) => /^COPY (?!--from)/.test(line))
  .flatMap((line) => line.split(/\s+/).slice(1, -1))

describe('the image', () => {
  it.each([...new Set(copied)])('finds %s when it is built', (path) => {
    expect({ exists: existsSync(join(root, path)), given: isGiven(path) }).toEqual({ exists: true, given: true })
  })

  it('is not given what it makes itself, or secrets', () => {
    for (const path of ['node_modules/nest', 'src/generated/app.ts', 'admin-ui/dist/index.html', '.data/demo.json', '.git/config', '.env']) {
      expect({ path, given: isGiven(path) }).toEqual({ path, given: false })
    }
  })

  it('brings no packages of the dashboard: what a browser loads is built', () => {
    const stage = readFileSync(join(root, 'docker/Dockerfile'), 'utf8').split(/^FROM /m).find((one) => one.includes(' AS runtime-packages'))
    expect(stage).toMatch(/npm ci .*--omit=dev --workspaces=false/)
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    expect(Object.keys(dependencies).filter((name) => /^(?:react|@mantine|@tanstack|echarts|vite)/.test(name))).toEqual([])
  })
})
