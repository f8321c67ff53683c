import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { mutants } from '../mutants/mutants.mjs'

// npm run test:mutants takes long and runs by name: what has moved away under a mutant is seen here.
it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s: has its place, once, and tests that judge it', (_, { file, find, replace, tests }) => {
  expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2)
  expect(replace).not.toBe(find)
  expect(tests.filter((test) => !existsSync(test))).toEqual([])
  expect(tests.length).toBeGreaterThan(0)
})
