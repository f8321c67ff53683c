import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Complaint, root } from './files.mjs'

const MAJOR_MIN = 24

/**
 * The runtime that the project pins through npm, else the host's when it is new enough.
 * Everything but the first installation runs on it.
 */
export function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const places = [
    join(root, 'node_modules', `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`, 'bin', name),
    join(root, 'node_modules', '.bin', name),
  ]
  const found = places.find((place) => existsSync(place))
  if (found !== undefined) return found
  if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) return process.execPath
  throw new Complaint(
    `npm has no pinned runtime for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}.\n` +
      `Install Node ${MAJOR_MIN} or newer (https://nodejs.org/en/download) and run the command again.`,
  )
}

/** The environment for tools: their `#!/usr/bin/env node` finds the pinned runtime first. */
export function toolEnvironment(extra = {}) {
  return { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`, ...extra }
}

/**
 * Runs a command to its end and keeps its output for the case of failure.
 * @param {(seconds: number) => void} [onTick] called every second with the seconds gone
 * @returns {Promise<string>} its output; rejects with a Complaint that carries the last lines
 */
export function runQuietly(what, command, args, { env = toolEnvironment(), onTick, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    const began = Date.now()
    let output = ''
    const keep = (chunk) => { output = (output + chunk).slice(-20_000) }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const tick = setInterval(() => onTick?.(Math.round((Date.now() - began) / 1000)), 1000)
    const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const abandon = (signal) => {
      child.kill('SIGTERM')
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, abandon)
    const settle = () => {
      clearInterval(tick)
      clearTimeout(limit)
      for (const signal of signals) process.off(signal, abandon)
    }
    child.once('error', (error) => { settle(); reject(new Complaint(`${what} could not be started: ${error.message}`)) })
    child.once('close', (code, signal) => {
      settle()
      if (code === 0) return resolve(output)
      const tail = output.trim().split('\n').slice(-25).join('\n')
      reject(new Complaint(`${what} failed (${signal ?? `exit ${code}`})${tail === '' ? '' : `:\n${tail}`}`))
    })
  })
}

/** Passes signals on once each and resolves with the child's exit code, 128 + n when a signal ended it. */
export function follow(child, { onForce } = {}) {
  const asked = { at: 0 }
  const forward = (signal) => {
    const now = Date.now()
    // A terminal signals the whole group and npm passes it on as well: within a second it is the same wish.
    if (asked.at !== 0 && now - asked.at < 1000) return
    if (asked.at !== 0 && onForce !== undefined) return onForce()
    asked.at = now
    child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve({ code: code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1), signal })
    })
  })
}
