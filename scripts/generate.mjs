// npm run generate: the Prisma client and the GraphQL types under src/generated, each only when its inputs changed.
import { install } from './lib/install.mjs'
import { generate } from './lib/generate.mjs'
import { exclusively } from './lib/mutex.mjs'
import { main, terminal } from './lib/terminal.mjs'

await main(async () => {
  const { say, progress } = terminal()
  await exclusively(async () => {
    await install(say, progress)
    await generate(say, { bench: true })
  }, () => say('Waiting for another preparation of this clone'))
})
