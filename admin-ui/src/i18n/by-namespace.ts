const NAMESPACES: Readonly<Record<string, string>> = { shell: 'common', 'api-keys': 'apiKeys' }

export type Texts = Readonly<Record<string, object>>

/** Of modules by their paths (`…/<folder>/locale/<language>.ts`): their texts by namespace, the folder's name but for those above. */
export const byNamespace = (modules: Readonly<Record<string, { default: object }>>): Texts =>
  Object.fromEntries(Object.entries(modules).map(([path, { default: keys }]) => {
    const folder = path.split('/').at(-3) ?? ''
    return [NAMESPACES[folder] ?? folder, keys]
  }))
