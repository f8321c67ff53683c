// Loaded into every process that is measured, whoever wrote it: says on request what it has cost since it was last asked.
import inspector from 'node:inspector/promises'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'

const delay = monitorEventLoopDelay({ resolution: 5 })
const pauses = []
new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) pauses.push(duration) }).observe({ entryTypes: ['gc'] })
let profiler = new v8.GCProfiler()
let heapBefore = 0
let cpuBefore = process.cpuUsage()

const heapUsed = () => process.memoryUsage().heapUsed

function begin() {
  profiler.stop()
  profiler = new v8.GCProfiler()
  profiler.start()
  heapBefore = heapUsed()
  pauses.length = 0
  delay.reset()
  delay.enable()
  cpuBefore = process.cpuUsage()
}

function end() {
  const { user, system } = process.cpuUsage(cpuBefore)
  const { statistics } = profiler.stop() ?? { statistics: [] }
  profiler.start()
  let allocated = 0
  let heap = heapBefore
  for (const { beforeGC, afterGC } of statistics) {
    allocated += Math.max(0, beforeGC.heapStatistics.usedHeapSize - heap)
    heap = afterGC.heapStatistics.usedHeapSize
  }
  allocated += Math.max(0, heapUsed() - heap)
  const sorted = pauses.toSorted((a, b) => a - b)
  delay.disable()
  return {
    cpuMicros: user + system,
    allocatedBytes: allocated,
    gcMs: pauses.reduce((sum, pause) => sum + pause, 0),
    gcPauseMaxMs: sorted.at(-1) ?? 0,
    // The timer's own resolution is not a delay.
    loopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
    loopDelayMaxMs: Math.max(0, delay.max / 1e6 - 5),
    rssBytes: process.memoryUsage().rss,
  }
}

let session
const PROFILE_INTERVAL_MICROS = 250

async function profile() {
  session = new inspector.Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_MICROS })
  await session.post('Profiler.start')
}

async function profiled() {
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return profile
}

profiler.start()
process.on('message', (message) => {
  if (message?.probe === 'begin') { begin(); process.send({ probe: 'begun' }) }
  if (message?.probe === 'end') process.send({ probe: end() })
  if (message?.probe === 'profile') void profile().then(() => process.send({ probe: 'profiling' }))
  if (message?.probe === 'profiled') void profiled().then((found) => process.send({ probe: found }))
})
