// npm run build:ui: admin-ui/dist, which the server reads when it starts; nothing where the sources are the same.
import { buildUi } from './lib/build-ui.mjs'
import { generate } from './lib/generate.mjs'
import { install } from './lib/install.mjs'
import { exclusively } from './lib/mutex.mjs'
import { main, terminal } from './lib/terminal.mjs'

await main(async () => {
  const { say, progress } = terminal()
  await exclusively(async () => {
    await install(say, progress)
    await generate(say)
    await buildUi(say, progress)
  }, () => say('Waiting for another preparation of this clone'))
})
