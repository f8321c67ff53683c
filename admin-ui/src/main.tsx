import './session/link-token.js'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './app/global.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './app/query-client.js'
import { router } from './app/router.js'
import { theme, variables } from './app/theme.js'
import { startI18n } from './i18n/index.js'

/** Of this answer: what the page's policy lets style elements be made with. Browsers show it to scripts, not to styles. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// For what locks scrolling while a window is open.
setNonce(nonce)

const schemes = localStorageColorSchemeManager({ key: 'drawbridge.scheme' })
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no root')

await startI18n()
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme} cssVariablesResolver={variables} colorSchemeManager={schemes} defaultColorScheme="auto" getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
