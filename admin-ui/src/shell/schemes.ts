export const SCHEMES = ['light', 'dark', 'auto'] as const

export const isScheme = (value: string | null): value is (typeof SCHEMES)[number] => SCHEMES.some((scheme) => scheme === value)
