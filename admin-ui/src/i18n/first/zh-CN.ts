import { byNamespace } from '../by-namespace.js'

/** What is read before anybody has signed in. */
export const texts = byNamespace(import.meta.glob<{ default: object }>('../../{shell,session}/locale/zh-CN.ts', { eager: true }))
