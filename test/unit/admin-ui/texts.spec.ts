import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { REASONS } from '../../../src/common/reasons.js'
import { AUDIT_ACTIONS, AUDIT_SUBJECTS } from '../../../src/common/audit-actions.js'
import { packageRoot } from '../../../src/platform/package-root.js'

const sources = join(packageRoot, 'admin-ui', 'src')
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('generated'))
const folders = files.filter((name) => name.endsWith('locale'))
const parsed = (name: string) =>
  ts.createSourceFile(name, readFileSync(join(sources, name), 'utf8'), ts.ScriptTarget.Latest, true, name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS)

/** The texts of a language's file, by their dotted keys. */
function textsOf(name: string): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (node: ts.Node, path: readonly string[]): void => {
    if (!ts.isPropertyAssignment(node)) return ts.forEachChild(node, (child) => { visit(child, path) })
    const key = [...path, node.name.getText()]
    if (ts.isStringLiteral(node.initializer)) found.set(key.join('.'), node.initializer.text)
    else ts.forEachChild(node.initializer, (child) => { visit(child, key) })
  }
  visit(parsed(name), [])
  return found
}

const placeholders = (text: string) => [...text.matchAll(/\{\{\w+\}\}/g)].map(([name]) => name).sort()

describe('the texts of the dashboard', () => {
  it.each(folders)('%s has the same in both languages', (folder) => {
    expect(existsSync(join(sources, folder, 'zh-CN.ts'))).toBe(true)
    const [english, chinese] = [textsOf(join(folder, 'en.ts')), textsOf(join(folder, 'zh-CN.ts'))]
    expect(english.size).toBeGreaterThan(5)
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
    for (const [key, text] of english) {
      expect([key, placeholders(chinese.get(key) ?? '')]).toEqual([key, placeholders(text)])
      expect([key, text.trim() === '' || chinese.get(key)?.trim() === '']).toEqual([key, false])
    }
  })

  it.each(['en', 'zh-CN'])('%s has a text for each reason that the server knows to refuse something', (language) => {
    expect([...textsOf(join('reasons', 'locale', `${language}.ts`)).keys()].sort()).toEqual([...REASONS].sort())
  })

  it.each(['en', 'zh-CN'])('%s has words for each action and subject of the audit log', (language) => {
    const texts = textsOf(join('domains', 'audit', 'locale', `${language}.ts`))
    const keys = (kind: string, names: readonly string[]) => names.map((name) => `${kind}.${name.replaceAll(/[.-]/g, '_')}`)
    const wanted = [...keys('action', AUDIT_ACTIONS), ...keys('subjectKind', AUDIT_SUBJECTS)]
    expect(wanted.filter((key) => !texts.has(key))).toEqual([])
  })

  const WORDY = new Set(['label', 'title', 'placeholder', 'description', 'aria-label', 'text', 'name', 'hint', 'alt', 'nothingFound'])
  /** The product's own name is the same in every language. */
  const NAMES = new Set(['Drawbridge'])
  const hasWords = (text: string) => /\p{Letter}{2}/u.test(text) && !NAMES.has(text.trim())

  it.each(files.filter((name) => name.endsWith('.tsx')))('%s says nothing of its own', (name) => {
    const spoken: string[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isJsxText(node) && hasWords(node.text)) spoken.push(node.text.trim())
      const value = ts.isJsxAttribute(node) ? node.initializer : undefined
      if (ts.isJsxAttribute(node) && WORDY.has(node.name.getText()) && value !== undefined && ts.isStringLiteral(value) && hasWords(value.text)) spoken.push(`${node.name.getText()}: ${value.text}`)
      ts.forEachChild(node, visit)
    }
    visit(parsed(name))
    expect(spoken).toEqual([])
  })
})
