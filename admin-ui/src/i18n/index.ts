import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import './resources.js'

export const LANGUAGES = ['en', 'zh-CN'] as const
export type Language = (typeof LANGUAGES)[number]

const STORED = 'drawbridge.language'
type Texts = Record<string, object>
const load: Record<Language, () => Promise<{ texts: Texts }>> = {
  en: () => import('./en.js'),
  'zh-CN': () => import('./zh-CN.js'),
}

const isLanguage = (value: string | null): value is Language => LANGUAGES.some((language) => language === value)

/** The reader's choice, else the browser's first language that we have. */
function preferred(): Language {
  const stored = localStorage.getItem(STORED)
  if (isLanguage(stored)) return stored
  return navigator.languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

async function add(language: Language): Promise<void> {
  const { texts } = await load[language]()
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
  await add(language)
  document.documentElement.lang = language
}

export async function speak(language: Language): Promise<void> {
  await add(language)
  localStorage.setItem(STORED, language)
  document.documentElement.lang = language
  await i18next.changeLanguage(language)
}
