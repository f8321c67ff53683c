import { isIP } from 'node:net'

/** An address as a number; an IPv4 address written within IPv6 (::ffff:192.0.2.1) is the IPv4 address. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly value: bigint
}

/** An address and how many of its leading bits count; the others are zero. */
export interface IpRange extends IpAddress {
  readonly bits: number
}

const WIDTH = { 4: 32, 6: 128 } as const
const MAPPED = 0xffffn
/** The part of an IPv6 address that a household or a server is given as a whole. */
const SUBSCRIBER_BITS = 64

function parseV4(text: string): bigint {
  return BigInt(text.split('.').reduce((value, octet) => value * 256 + Number(octet), 0))
}

function parseV6(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const low = dotted === null ? 0n : parseV4(dotted[2]!)
  const plain = dotted === null ? text : `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`
  const [head = '', tail] = plain.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = groups(tail ?? '')
  const all = tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

/** Null for anything that is not one address; a zone (fe80::1%eth0) is none, for it means something on one machine alone. */
export function parseIp(text: string): IpAddress | null {
  const family = text.length > 45 || text.includes('%') ? 0 : isIP(text)
  if (family === 4) return { family: 4, value: parseV4(text) }
  if (family !== 6) return null
  const value = parseV6(text)
  return value >> 32n === MAPPED ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value }
}

const masked = ({ family, value }: IpAddress, bits: number): bigint => {
  const rest = BigInt(WIDTH[family] - bits)
  return (value >> rest) << rest
}

/** An address, or a range as CIDR writes it. A string says what is wrong with it. */
export function parseRange(text: string): IpRange | string {
  const [address = '', bitsText, ...more] = text.split('/')
  const ip = parseIp(address)
  if (ip === null || more.length > 0) return 'must be an address or a CIDR range, as 192.0.2.0/24 or 2001:db8::/32'
  const width = WIDTH[ip.family]
  if (bitsText === undefined) return { ...ip, bits: width }
  if (!/^\d{1,3}$/.test(bitsText)) return 'must have the number of leading bits after the slash'
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const bits = Number(bitsText) - (ip.family === 4 && address.includes(':') ? 96 : 0)
  if (bits < 0 || bits > width) return `must have 0 to ${width} bits after the slash`
  const value = masked(ip, bits)
  if (value !== ip.value) return `has bits set after the first ${bits}: the range is ${formatRange({ family: ip.family, value, bits })}`
  return { family: ip.family, value, bits }
}

/** The one way in which we write an address (RFC 5952 for IPv6). */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':')
  return new URL(`http://[${groups}]`).hostname.slice(1, -1)
}

export const formatRange = (range: IpRange): string => `${formatIp(range)}/${range.bits}`

/** Whom an address stands for when its draws are counted: itself, or its /64 in IPv6, of which anybody has 2^64 addresses. */
export function subscriberOf(text: string): string | null {
  const ip = parseIp(text)
  if (ip === null) return null
  return ip.family === 4 ? formatIp(ip) : formatRange({ family: 6, value: masked(ip, SUBSCRIBER_BITS), bits: SUBSCRIBER_BITS })
}

/** Ranges that an address is looked up in: one probe for each length of prefix that occurs, however many ranges there are. */
export class IpRanges {
  readonly #byFamily = { 4: new Map<number, Set<bigint>>(), 6: new Map<number, Set<bigint>>() }

  /** Anything else than what `formatRange` wrote is left out. */
  add(text: string): void {
    const range = parseRange(text)
    if (typeof range === 'string') return
    const lengths = this.#byFamily[range.family]
    const values = lengths.get(range.bits)
    if (values === undefined) lengths.set(range.bits, new Set([range.value]))
    else values.add(range.value)
  }

  has(ip: IpAddress): boolean {
    for (const [bits, values] of this.#byFamily[ip.family]) {
      if (values.has(masked(ip, bits))) return true
    }
    return false
  }
}
