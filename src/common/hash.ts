import { hash as digestOf } from 'node:crypto'

/** FNV-1a, 32 bits, over UTF-8, with a final mix (murmur3's) because its low bits choose the bucket. */
export function partitionHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) hash = Math.imul(hash ^ code, 0x01000193)
    else return mix(hashBytes(Buffer.from(text, 'utf8')))
  }
  return mix(hash)
}

function hashBytes(bytes: Buffer): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}

function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

export const sha256 = (data: string | Buffer): Buffer => digestOf('sha256', data, 'buffer')
