import { byNamespace } from './by-namespace.js'

/** All that screens say, in one file, so that none of them waits for its words. */
export const texts = byNamespace(import.meta.glob<{ default: object }>('../{domains/*,reasons}/locale/en.ts', { eager: true }))
