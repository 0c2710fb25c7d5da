import type { ImageConfig } from '#oci/config.js'
import type { Digest } from '#oci/digest.js'
import type { Manifest } from '#oci/manifest.js'
import type { Progress } from '#progress.js'
import { parseBaseReference } from './base-reference.js'
import { bootstrapBase } from './bootstrap.js'
import type { DebianPackage } from './dpkg-status.js'
import { openLayoutBase } from './layout-base.js'

/** What service images stand on: an OCI image with Python and glibc, in a layout on disk. */
export interface BaseImage {
  /** As it was asked for. */
  readonly name: string
  /** Of its manifest. */
  readonly digest: Digest
  readonly manifest: Manifest
  readonly config: ImageConfig
  /** Folder of the OCI layout that has its blobs. */
  readonly layout: string
  /** `3.11` */
  readonly python: string
  /** `/usr/bin/python3.11` */
  readonly pythonPath: string
  /** `2.36` */
  readonly glibc: string
  /** Debian packages with versions, sorted by name; empty for other distributions. */
  readonly packages: readonly DebianPackage[]
  /** Files with the setuid or setgid bit, sorted: nothing above the base adds one. */
  readonly setuid: readonly string[]
}

export interface BaseOptions {
  /** `debian:SUITE`, `oci:DIR` or `oci:DIR:NAME`. */
  readonly from: string
  /** What images call the base, if it came from elsewhere. */
  readonly name?: string
  /** Debian packages beside Python and certificates; only for `debian:SUITE`. */
  readonly packages?: readonly string[]
  /** `linux/amd64` */
  readonly platform: string
  readonly cacheDir: string
  /** The Python to take if the image has several, as `3.11`. */
  readonly python?: string
  /** apt sources (`deb URI SUITE COMPONENT` or a URI) instead of the machine's own. */
  readonly mirrors?: readonly string[]
  /** Bootstraps again although there is one in the cache: its packages have moved on. */
  readonly refresh?: boolean
  /** Take packages from the disk alone. */
  readonly offline?: boolean
  readonly progress?: Progress
}

/**
 * The base image, bootstrapped or read once and then taken from the cache.
 * @throws E-IMG-REF, E-IMG-BASE, E-IMG-FORM, E-IMG-DIGEST, E-EXE-MISSING, E-NET-OFFLINE, E-FS-*
 */
export async function prepareBase(options: BaseOptions): Promise<BaseImage> {
  const reference = parseBaseReference(options.from)
  if (reference.kind === 'debian') return bootstrapBase(reference.suite, options)
  return openLayoutBase(reference, options)
}
