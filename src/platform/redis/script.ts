import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Redis } from 'ioredis'
import { isRedisUnavailable, isReplyError } from './redis-errors.js'

/** Redis does not hold the script: nobody has vouched for this Redis since it started. The call changed nothing. */
export class ScriptMissingError extends Error {
  constructor(readonly script: string) {
    super(`Redis does not hold the script ${script}`)
    this.name = 'ScriptMissingError'
  }
}

/** The script itself failed. */
class ScriptFailedError extends Error {
  constructor(readonly script: string, cause: Error) {
    super(`The script ${script} failed: ${cause.message}`, { cause })
    this.name = 'ScriptFailedError'
  }
}

type Argument = string | number | Buffer

/** A Lua file. It is called by its hash alone: a Redis that lost its scripts has lost its state too, and must refuse. */
export class RedisScript {
  readonly sha: string

  constructor(readonly name: string, readonly keyCount: number, readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex')
  }

  /** Throws ScriptMissingError, ScriptFailedError, or the driver's error (see isRedisUnavailable). */
  async run(redis: Redis, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    if (keys.length !== this.keyCount) throw new TypeError(`The script ${this.name} takes ${this.keyCount} keys, not ${keys.length}`)
    try {
      return await redis.evalsha(this.sha, this.keyCount, ...keys, ...args)
    } catch (error) {
      if (!isReplyError(error) || isRedisUnavailable(error)) throw error
      if (error.message.startsWith('NOSCRIPT')) throw new ScriptMissingError(this.name)
      throw new ScriptFailedError(this.name, error)
    }
  }
}

const registered = new Map<string, RedisScript>()

/** Reads `<verb>-<numKeys>.lua` and remembers it for loadScripts. Call at a module's top level. */
export function defineScript(fileUrl: URL): RedisScript {
  const file = fileURLToPath(fileUrl)
  const match = /^([a-z][a-z-]*)-(\d+)\.lua$/.exec(basename(file))
  if (match === null) throw new TypeError(`A script's file must be called <verb>-<numKeys>.lua, not ${basename(file)}`)
  const script = new RedisScript(match[1]!, Number(match[2]), readFileSync(file, 'utf8'))
  const same = registered.get(script.name)
  if (same !== undefined && same.sha !== script.sha) throw new TypeError(`Two scripts are called ${script.name}`)
  registered.set(script.name, script)
  return script
}

/** Gives Redis every defined script. Only recovery may: from then on calls are answered. */
export async function loadScripts(redis: Redis): Promise<void> {
  await Promise.all([...registered.values()].map(async ({ name, sha, source }) => {
    const answered = await redis.script('LOAD', source)
    if (answered !== sha) throw new Error(`Redis took the script ${name} under another hash`)
  }))
}
