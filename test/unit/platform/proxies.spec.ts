import { describe, expect, it } from '@jest/globals'
import type { IncomingMessage } from 'node:http'
import { ConfigError, parseConfig } from '../../../src/config/config.js'
import { fastifyAdapter } from '../../../src/platform/http/fastify.js'
import { clientAddress, proxyTrust } from '../../../src/platform/http/proxies.js'
import { requireRuntimeConfig } from '../../../src/config/config.module.js'

const withProxies = (value: string) => requireRuntimeConfig(parseConfig({
  TRUST_PROXY: value, DATABASE_URL: 'postgres://x', REDIS_URL: 'redis://x', SECRET_KEY: 'x'.repeat(32),
}))

describe('TRUST_PROXY', () => {
  it.each([
    ['', 0], ['0', 0], ['1', 1], ['3', 3], ['10.0.0.0/8', ['10.0.0.0/8']], ['192.0.2.1, 2001:db8::/32', ['192.0.2.1', '2001:db8::/32']],
  ])('%p is understood', (value, expected) => {
    expect(withProxies(value).trustProxy).toEqual(expected)
  })

  it.each(['true', '-1', '11', '1.5', 'proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '2001:db8::/129', 'fe80::1%eth0', '10.0.0.1,', '1,10.0.0.1'])(
    '%p ends the start', (value) => { expect(() => withProxies(value)).toThrow(ConfigError) },
  )
})

describe('the address of a caller', () => {
  const cases: Array<[trusted: string, socket: string, forwarded: string | undefined, expected: string]> = [
    ['0', '10.0.0.1', '192.0.2.1', '10.0.0.1'],
    ['1', '10.0.0.1', undefined, '10.0.0.1'],
    ['1', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['1', '10.0.0.1', '198.51.100.1, 192.0.2.1', '192.0.2.1'],
    ['2', '10.0.0.1', '198.51.100.1, 203.0.113.1, 192.0.2.1', '203.0.113.1'],
    ['5', '10.0.0.1', '198.51.100.1, 192.0.2.1', '198.51.100.1'],
    ['10.0.0.0/8', '10.0.0.1', '198.51.100.1, 192.0.2.1, 10.9.9.9', '192.0.2.1'],
    ['10.0.0.0/8', '::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['10.0.0.0/8', '203.0.113.9', '192.0.2.1', '203.0.113.9'],
    ['10.0.0.0/8', '10.0.0.1', 'nonsense', 'nonsense'],
    ['2001:db8::/32,10.0.0.1', '2001:db8::5', '192.0.2.1, 10.0.0.1', '192.0.2.1'],
  ]

  it.each(cases)('trusting %s, from %s with %p, is %s', (trusted, socket, forwarded, expected) => {
    const request = { socket: { remoteAddress: socket }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }
    expect(clientAddress(request as unknown as IncomingMessage, proxyTrust(withProxies(trusted).trustProxy))).toBe(expected)
  })

  it.each(cases)('over HTTP, trusting %s, from %s with %p, is %s', async (trusted, remoteAddress, forwarded, expected) => {
    const fastify = fastifyAdapter(withProxies(trusted)).getInstance()
    fastify.get('/ip', (request, reply) => reply.send(request.ip))
    const { body } = await fastify.inject({ url: '/ip', remoteAddress, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })
    expect(body).toBe(expected)
    await fastify.close()
  })
})
