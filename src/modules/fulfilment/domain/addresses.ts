import { BlockList, isIP } from 'node:net'

// Special-purpose ranges (IANA registries, RFC 6890) from which a server could reach what is not the public's.
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
]
// Of IPv6 only global unicast is public; within it: Teredo and other protocol assignments, documentation, 6to4.
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const notPublic = new BlockList()
for (const range of NOT_PUBLIC_V4) notPublic.addSubnet(range.split('/')[0]!, Number(range.split('/')[1]), 'ipv4')
for (const range of NOT_PUBLIC_V6) notPublic.addSubnet(range.split('/')[0]!, Number(range.split('/')[1]), 'ipv6')
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** Whether an IP address is one that anybody on the Internet can reach. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4: return !notPublic.check(address, 'ipv4')
    case 6: return globalUnicast.check(address, 'ipv6') && !notPublic.check(address, 'ipv6')
    default: return false
  }
}
