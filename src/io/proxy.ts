import { BlockList, isIP, isIPv4 } from 'node:net'
import { SvcsplitError } from '#errors.js'
import { showUrl } from './url-text.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a URL by the usual variables, lower case before upper case: `http_proxy`, `https_proxy`,
 * `all_proxy`, and `no_proxy` with host suffixes, ports, addresses, CIDR blocks and `*`. `HTTP_PROXY` in upper
 * case is heeded too: this is no CGI program.
 * @throws E-NET-CONNECT if the variable holds no http(s) URL
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const found = variable(environment, scheme) ?? variable(environment, 'all_proxy')
  if (found === undefined || isExempt(url, variable(environment, 'no_proxy') ?? '')) return undefined
  const text = found.value.includes('://') ? found.value : `http://${found.value}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  if (proxy === undefined || !['http:', 'https:'].includes(proxy.protocol) || proxy.hostname === '')
    throw new SvcsplitError(
      'E-NET-CONNECT',
      `${found.name} is not a proxy that can be used: ${showUrl(text)}`,
      {
        hint: `give ${found.name} the form http://host:port`,
      },
    )
  return proxy
}

interface Variable {
  readonly name: string
  readonly value: string
}

function variable(environment: Environment, name: string): Variable | undefined {
  for (const spelling of [name, name.toUpperCase()]) {
    const value = environment[spelling]?.trim()
    if (value !== undefined && value !== '') return { name: spelling, value }
  }
  return undefined
}

function isExempt(url: URL, exemptions: Variable | ''): boolean {
  if (exemptions === '') return false
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return exemptions.value
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry.toLowerCase(), host, port))
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const block = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry)
  if (block !== null) return isInBlock(host, block[1]!, Number(block[2]))
  const withPort = /^\[?([^\]]+?)\]?:(\d+)$/.exec(entry)
  const [name, wanted] =
    withPort === null || isIP(entry) !== 0 ? [entry, undefined] : [withPort[1]!, withPort[2]!]
  if (wanted !== undefined && wanted !== port) return false
  const suffix = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
  return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`))
}

function isInBlock(host: string, network: string, bits: number): boolean {
  if (isIP(host) === 0 || isIP(host) !== isIP(network)) return false
  if (bits > (isIPv4(host) ? 32 : 128)) return false
  const family = isIPv4(host) ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return list.check(host, family)
}
