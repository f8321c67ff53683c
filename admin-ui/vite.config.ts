import { defineConfig } from 'vite'

/** Beside the dev server of the page, the product itself: `npm start`. */
const SERVER = 'http://localhost:3000'

export default defineConfig({
  base: '/admin/',
  build: {
    manifest: true,
    target: ['chrome120', 'firefox121', 'safari17'],
    chunkSizeWarningLimit: 700,
    // A data: URL in a style would need a wider policy than the page has.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/admin/graphql': SERVER, '/admin/codes': SERVER } },
})
