// npm run test:dashboard [-- jest arguments]: every story of the dashboard in a browser, also those that the plain run has no time for.
process.env.DASHBOARD = 'long'
const args = process.argv.slice(2)
process.argv.splice(2, args.length, ...(args.length > 0 ? args : ['test/e2e/dashboard']))
await import('./test.mjs')
