import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconKeyboard, IconLanguage, IconMoon, IconSearch, IconSun, IconTicket, IconUserCircle } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { NAVIGATION } from '../app/navigation.js'
import { run } from '../api/client.js'
import { FindCampaignsDocument } from '../generated/graphql.js'
import { LANGUAGES, NATIVE, speak } from '../i18n/index.js'
import { SCREEN_NAMES } from '../i18n/screen-names.js'
import { useMe } from '../session/session.js'
import { useToast } from '../ui/toast.js'
import { paletteStore } from './palette-store.js'

const FOUND_MAX = 6
const TYPING_MS = 150
const size = { size: 18, stroke: 1.7 } as const

/**
 * The library chooses the first entry as one types, by a mark on it and its place in the store, and has no call for entries that
 * come later, from the server: Enter would find none chosen.
 */
function chooseFirst(): void {
  const list = document.getElementById(paletteStore.getState().listId)
  if (list === null || list.querySelector('[data-selected]') !== null) return
  list.querySelector('[data-action]')?.setAttribute('data-selected', 'true')
  paletteStore.updateState((state) => ({ ...state, selected: 0 }))
}

/** Ctrl/⌘ K: every screen, the tenant's campaigns by name, and what one sets. */
export function Palette({ onShortcuts }: { onShortcuts: () => void }) {
  const { t, i18n } = useTranslation(SCREEN_NAMES)
  const router = useRouter()
  const { permissions } = useMe()
  const { setColorScheme } = useMantineColorScheme()
  const toast = useToast()
  const [query, setQuery] = useState('')
  const [search] = useDebouncedValue(query.trim(), TYPING_MS)
  const { data } = useQuery({
    queryKey: ['campaigns', 'find', search],
    queryFn: async ({ signal }) =>
      (await run(FindCampaignsDocument, { search, first: FOUND_MAX }, signal)).campaigns.edges.map(({ node }) => node),
    enabled: search !== '',
    placeholderData: keepPreviousData,
  })
  const found = data ?? []
  useEffect(() => { if (query !== '') chooseFirst() }, [query, data])
  const screens: SpotlightActionData[] = NAVIGATION.flatMap(({ items }) => [...items])
    .filter(({ permission }) => permissions.includes(permission))
    .map(({ to, name, icon: Picture }) => ({
      id: name, label: t(`${name}:nav`), leftSection: <Picture {...size} aria-hidden />, onClick: () => { void router.navigate({ to }) },
    }))
  const campaigns: SpotlightActionData[] = search === '' ? [] : found.map(({ id, name, slug, status }) => ({
    id, label: name, description: `${slug} · ${t(`campaigns:status.${status}`)}`, leftSection: <IconTicket {...size} aria-hidden />,
    // The server has found it by this text, maybe in its slug.
    keywords: query, onClick: () => { void router.navigate({ to: '/campaigns/$id', params: { id } }) },
  }))
  const dark = useComputedColorScheme('light') === 'dark'
  const settings: SpotlightActionData[] = [
    {
      id: 'account', label: t('shell.account'), leftSection: <IconUserCircle {...size} aria-hidden />,
      onClick: () => { void router.navigate({ to: '/account' }) },
    },
    {
      id: 'theme', label: dark ? t('palette.light') : t('palette.dark'), onClick: () => { setColorScheme(dark ? 'light' : 'dark') },
      leftSection: dark ? <IconSun {...size} aria-hidden /> : <IconMoon {...size} aria-hidden />,
    },
    ...LANGUAGES.filter((language) => language !== i18n.language).map((language) => ({
      id: `language-${language}`, label: t('palette.speak', { language: NATIVE[language] }), keywords: [NATIVE[language], language, 'language', '语言'],
      leftSection: <IconLanguage {...size} aria-hidden />, onClick: () => { speak(language).catch(toast.failed) },
    })),
    { id: 'shortcuts', label: t('shortcuts.title'), leftSection: <IconKeyboard {...size} aria-hidden />, onClick: onShortcuts },
  ]
  const groups: SpotlightActionGroupData[] = [
    { group: t('campaigns:nav'), actions: campaigns }, { group: t('palette.go'), actions: screens }, { group: t('palette.settings'), actions: settings },
  ].filter(({ actions }) => actions.length > 0)
  return (
    <Spotlight
      store={paletteStore} actions={groups} query={query} onQueryChange={setQuery} shortcut="mod + K" nothingFound={t('palette.nothing')}
      highlightQuery scrollable maxHeight={420}
      attributes={{ content: { 'aria-label': t('shortcuts.palette') } }}
      searchProps={{ leftSection: <IconSearch {...size} aria-hidden />, placeholder: t('palette.placeholder'), 'aria-label': t('palette.placeholder') }}
    />
  )
}
