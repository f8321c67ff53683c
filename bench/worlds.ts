import { World } from './world.js'

const ENDED_BY_SIGNAL = 130

/** Runs `work`, which opens worlds, and closes them whatever becomes of it: a run that is broken off leaves no server and no folder behind. */
export async function withWorlds(work: (open: () => Promise<World>) => Promise<void>): Promise<void> {
  const opened: World[] = []
  const closeAll = async () => {
    for (const world of opened.splice(0).toReversed()) await world.close().catch((error: unknown) => { console.error(error) })
  }
  const breakOff = () => { void closeAll().finally(() => process.exit(ENDED_BY_SIGNAL)) }
  process.once('SIGINT', breakOff).once('SIGTERM', breakOff)
  try {
    await work(async () => {
      const world = await World.open()
      opened.push(world)
      return world
    })
  } finally {
    process.off('SIGINT', breakOff).off('SIGTERM', breakOff)
    await closeAll()
  }
}
