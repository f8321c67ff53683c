import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
// No machine of ours draws with a card; painting by the processor alone is the cheaper the less of it there is.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-gpu-compositing', '--disable-software-rasterizer', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The system's Chromium: CHROMIUM_PATH, else the first of the usual names on the PATH. */
export function findChromium(): string | undefined {
  const given = process.env.CHROMIUM_PATH
  if (given !== undefined && given !== '') return given
  return (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram)
}

export const HOW_TO_INSTALL =
  'SKIPPED: the dashboard was not tried in a browser, as no Chromium was found. Install one (Debian: apt-get install chromium; '
  + 'macOS: brew install --cask chromium) or set CHROMIUM_PATH to it.'

export const launch = (executablePath: string): Promise<Browser> => chromium.launch({ executablePath, args: FLAGS })
