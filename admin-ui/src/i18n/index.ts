import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Texts } from './by-namespace.js'
import './resources.js'

export const LANGUAGES = ['en', 'zh-CN'] as const
export type Language = (typeof LANGUAGES)[number]
/** In their own words, whatever language the page speaks. */
export const NATIVE: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' }

const STORED = 'drawbridge.language'
type Part = () => Promise<{ texts: Texts }>
const load: Record<Language, { readonly first: Part; readonly screens: Part }> = {
  en: { first: () => import('./first/en.js'), screens: () => import('./en.js') },
  'zh-CN': { first: () => import('./first/zh-CN.js'), screens: () => import('./zh-CN.js') },
}

const isLanguage = (value: string | null): value is Language => LANGUAGES.some((language) => language === value)

/** The reader's choice, else the browser's first language that we have. */
function preferred(): Language {
  const stored = localStorage.getItem(STORED)
  if (isLanguage(stored)) return stored
  return navigator.languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

async function add(language: Language, part: Part): Promise<void> {
  const { texts } = await part()
  for (const [namespace, keys] of Object.entries(texts)) i18next.addResourceBundle(language, namespace, keys, true, true)
}

export async function startI18n(): Promise<void> {
  const language = preferred()
  await i18next.use(initReactI18next).init({
    lng: language, fallbackLng: false, supportedLngs: [...LANGUAGES], ns: [], defaultNS: 'common', resources: {},
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
    react: { useSuspense: false },
  })
  await add(language, load[language].first)
  document.documentElement.lang = language
}

/** The words of all screens, before the first of them is shown. */
export async function screenTexts(): Promise<void> {
  const language = i18next.language as Language
  if (!i18next.hasResourceBundle(language, 'home')) await add(language, load[language].screens)
}

export async function speak(language: Language): Promise<void> {
  await Promise.all([add(language, load[language].first), add(language, load[language].screens)])
  localStorage.setItem(STORED, language)
  document.documentElement.lang = language
  await i18next.changeLanguage(language)
}
