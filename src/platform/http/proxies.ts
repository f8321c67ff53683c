import { BlockList, isIP, isIPv6 } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { TrustedProxies } from '../../config/config.js'

/** Whether what an address says of the one before it is believed; hop 0 is the socket's own address. */
export type ProxyTrust = (address: string, hop: number) => boolean

/** Of a number of hops, or of addresses and ranges; false where nobody is trusted. */
export function proxyTrust(trusted: TrustedProxies): ProxyTrust | false {
  if (typeof trusted === 'number') return trusted === 0 ? false : (_address, hop) => hop < trusted
  const list = new BlockList()
  for (const range of trusted) {
    const [address = '', bits] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Where an upgrade request comes from, as Fastify says it of other requests: the last address that no trusted proxy stands behind. */
export function clientAddress(request: IncomingMessage, trust: ProxyTrust | false): string {
  const socket = request.socket.remoteAddress ?? ''
  if (trust === false) return socket
  const header = request.headers['x-forwarded-for']
  const told = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((part) => part.trim()).filter((part) => part !== '')
  const addresses = [socket, ...told.reverse()]
  return addresses.find((address, hop) => !trust(address, hop)) ?? addresses.at(-1)!
}
