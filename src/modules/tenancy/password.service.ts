import { hash, verify } from '@node-rs/argon2'
import { Injectable } from '@nestjs/common'
import { Bounded } from './domain/bounded.js'
import { newPassword } from './domain/secrets.js'

// OWASP's Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, 2 passes, 1 lane.
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
// Half of libuv's four threads: a flood of sign-ins must not starve the files and look-ups that share them.
const HASHES_AT_ONCE_MAX = 2
const HASHES_WAITING_MAX = 32

/** The same text from any keyboard. */
const normal = (password: string) => password.normalize('NFKC')

/** argon2id, a few at a time. Throws OVERLOADED when too many wait. */
@Injectable()
export class PasswordService {
  private readonly bounded = new Bounded(HASHES_AT_ONCE_MAX, HASHES_WAITING_MAX)
  private nobody: Promise<string> | undefined

  hash(password: string): Promise<string> {
    return this.bounded.run(() => hash(normal(password), OPTIONS))
  }

  /** Takes as long for nobody's password (null) as for somebody's, so that the time tells nothing. */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    const expected = passwordHash ?? (await this.nobodys())
    const good = await this.bounded.run(() => verify(expected, normal(password)))
    return good && passwordHash !== null
  }

  private nobodys(): Promise<string> {
    this.nobody ??= this.hash(newPassword()).catch((error: unknown) => {
      this.nobody = undefined
      throw error
    })
    return this.nobody
  }
}
