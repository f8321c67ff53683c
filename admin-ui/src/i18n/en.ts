/** All of a language in one file, so that no screen waits for its words. */
const modules = import.meta.glob<{ default: object }>(['../{shell,session}/locale/en.ts', '../domains/*/locale/en.ts'], { eager: true })
const NAMESPACES: Readonly<Record<string, string>> = { shell: 'common', 'api-keys': 'apiKeys' }

/** By namespace: the folder's name, but for those above. */
export const texts = Object.fromEntries(
  Object.entries(modules).map(([path, { default: keys }]) => {
    const folder = path.split('/').at(-3) ?? ''
    return [NAMESPACES[folder] ?? folder, keys]
  }),
)
