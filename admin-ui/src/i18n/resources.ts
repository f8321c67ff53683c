/** Namespaces and their keys. Each domain adds its own, beside its English texts. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by the domains
export interface Resources {}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: Resources
  }
}

/** Another language's texts: the same keys as the English ones, no more and no fewer. */
export type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translated<T[K]> }
