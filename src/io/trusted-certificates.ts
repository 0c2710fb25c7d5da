import { X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import type { SecureContext } from 'node:tls'
import { SvcsplitError } from '#errors.js'
import { readBytesSync } from './files.js'

type Environment = Readonly<Record<string, string | undefined>>

/** First one set wins, in pip's order; then OpenSSL's own variable. */
const variables = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE'] as const

/**
 * The certificates to trust, where the environment names a bundle (it then replaces the built-in ones); made once,
 * since parsing some 140 certificates costs more than a handshake. Never falls back when the bundle is unusable.
 * @throws E-NET-TLS
 */
export function trustedCertificates(environment: Environment): SecureContext | undefined {
  const name = variables.find((candidate) => (environment[candidate] ?? '') !== '')
  if (name === undefined) return undefined
  const path = environment[name]!
  try {
    const bundle = readBytesSync(path)
    // a file without any certificate would quietly trust nobody, which reads like a fault of the server
    const first = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(bundle.toString('latin1'))
    if (first === null) throw new Error('the file holds no certificate')
    new X509Certificate(first[0])
    const { createSecureContext } = createRequire(import.meta.url)('node:tls') as typeof import('node:tls')
    return createSecureContext({ ca: bundle })
  } catch (cause) {
    throw new SvcsplitError(
      'E-NET-TLS',
      `${name} names ${path}, which is not a usable certificate bundle: ${(cause as Error).message}`,
      {
        at: { path },
        hint: `point ${name} at a PEM file of certificates, or unset it`,
        cause,
      },
    )
  }
}
