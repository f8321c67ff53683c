import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { breakingChanges, schemaNames } from '../../scripts/check-schema.mjs'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const contract = (name: string): string => read(`fixtures/${name}.graphql`)

describe('the served schemas', () => {
  it.each(schemaNames)('%s contains all of its contract', async (name) => {
    expect(await breakingChanges(contract(name), read(`../../schema/${name}.graphql`))).toEqual([])
  })
})

describe('what counts as breaking', () => {
  const base = 'type Query { a(x: Int = 1): Int, b: U, c: E, d(i: I): ID } union U = S | T type S { s: Int } type T { t: Int } enum E { F G } input I { j: Int }'

  it.each([
    ['a field', 'a(x: Int = 1): Int, ', ''],
    ['a type', 'type T { t: Int }', 'type V { t: Int }'],
    ['an enum value', '{ F G }', '{ F }'],
    ['a union member', 'S | T', 'S'],
    ['an argument', '(x: Int = 1)', ''],
    ['an output type, even to a narrower one', 's: Int', 's: Int!'],
    ['an input type', 'j: Int', 'j: String'],
    ['a default', 'x: Int = 1', 'x: Int = 2'],
    ['a newly required input', 'j: Int', 'j: Int k: Int!'],
  ])('%s taken away or changed', async (_what, from, to) => {
    const after = base.replace(from, to)
    expect(after).not.toBe(base)
    expect(await breakingChanges(base, after.includes('type V') ? after.replace('S | T', 'S | V') : after)).not.toEqual([])
  })

  it.each([
    ['a field', 's: Int', 's: Int more: Int'],
    ['an enum value', '{ F G }', '{ F G H }'],
    ['an optional argument', 'x: Int = 1', 'x: Int = 1, y: Int'],
    ['an optional input', 'j: Int', 'j: Int k: Int'],
    ['a description', 'type S', '"told" type S'],
    ['the first subscription', 'type S', 'type Subscription { a: Int } type S'],
  ])('%s added is free', async (_what, from, to) => {
    expect(await breakingChanges(base, base.replace(from, to))).toEqual([])
  })
})
