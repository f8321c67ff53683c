// Loaded into the product's processes before anything else: their clock is off by what the file CLOCK_SHIFT says, in ms.
import { readFileSync } from 'node:fs'

const file = process.env.CLOCK_SHIFT
if (file !== undefined && process.argv[1]?.endsWith('main.js')) {
  const TrueDate = Date
  let shiftMs = 0
  const read = () => {
    try {
      shiftMs = Number(readFileSync(file, 'utf8'))
    } catch {
      shiftMs = 0
    }
  }
  read()
  setInterval(read, 50).unref()
  const now = () => TrueDate.now() + shiftMs
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new TrueDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}
