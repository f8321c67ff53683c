import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root, writeWhole } from './files.mjs'
import { runQuietly } from './run.mjs'

const lockfile = join(root, 'package-lock.json')
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.drawbridge-installed.json')

function wanted() {
  const source = existsSync(lockfile) ? lockfile : join(root, 'package.json')
  return { sha256: createHash('sha256').update(readFileSync(source)).digest('hex'), platform: `${process.platform}-${process.arch}` }
}

function isStamped(want) {
  const stamp = readJson(stampFile)
  return stamp?.sha256 === want.sha256 && stamp?.platform === want.platform
}

const fitsHere = (entry) =>
  [[entry.os, process.platform], [entry.cpu, process.arch]].every(
    ([list, here]) => list === undefined || list.includes(here) || (list.every((name) => name.startsWith('!')) && !list.includes(`!${here}`)),
  )

/**
 * npm writes node_modules/.package-lock.json last, when everything else is in place. Where it names every package
 * of the lockfile at its version (somebody ran `npm ci` himself), nothing needs to be installed again.
 */
function npmFinishedThis() {
  const locked = readJson(lockfile)?.packages
  const installed = readJson(join(modules, '.package-lock.json'))?.packages
  if (locked === undefined || installed === undefined) return false
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link === true) return true
    const there = installed[path]
    if (there === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true
    return there.version === entry.version && (!fitsHere(entry) || existsSync(join(root, path, 'package.json')))
  })
}

/** npm as it was called, so that the same npm goes on; else the one on the PATH. */
function npm() {
  const cli = process.env.npm_execpath
  return cli !== undefined && /npm-cli\.c?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []]
}

/** Installs what package-lock.json names unless it is there already. Install scripts are not needed, and not run. */
export async function install(say, progress) {
  const want = wanted()
  if (isStamped(want)) return
  if (npmFinishedThis()) {
    writeWhole(stampFile, JSON.stringify(want))
    return
  }
  const verb = existsSync(lockfile) ? 'ci' : 'install'
  const began = Date.now()
  say(existsSync(modules) ? 'Packages do not fit package-lock.json: installing them (a minute or two)' : 'Installing packages (a minute or two, once)')
  const [command, args] = npm()
  const flags = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  await runQuietly(`npm ${verb}`, command, [...args, verb, ...flags], { onTick: (seconds) => progress('Installing packages', seconds) })
  writeWhole(stampFile, JSON.stringify(wanted()))
  say(`Packages installed in ${Math.round((Date.now() - began) / 1000)} s`)
}
