import { SvcsplitError } from '#errors.js'
import type { Profile } from '#inputs/profile.js'
import type { Lock } from '#lock/lock.js'
import { quote, quoteList } from './quote.js'

/** A wheel as it lies in the build context. */
export interface ContextWheel {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly sha256: string
}

export interface ContainerfileOptions {
  /** What `FROM` gets unless the builder is told otherwise by `--build-arg BASE=...`. */
  readonly base: string
  /** `/opt/venv` */
  readonly prefix: string
  /** The interpreter of the base: `/usr/bin/python3.11`. */
  readonly pythonPath: string
  /** One for each distribution of the lock, those built from sdists included. */
  readonly wheels: readonly ContextWheel[]
  /** pip's own wheel, which the build stage runs without installing it. */
  readonly pip: ContextWheel
  /** Of the process that the image starts. */
  readonly command: readonly string[]
  readonly ports: readonly number[]
  /** The text of `/etc/sudoers.d/USER`; empty for none. */
  readonly sudoers: string
  /** What lets in modules of the base, and where it lies. */
  readonly systemModules?: { readonly path: string; readonly text: string }
}

type ServiceFiles = Pick<Profile, 'user' | 'directories' | 'data' | 'rootwrap'>

export interface Containerfile {
  readonly text: string
  /** Further files of the context, by their path in it. */
  readonly files: ReadonlyMap<string, string>
}

/**
 * The lock as a Containerfile that a person can read and any builder can run: one stage installs the wheels by
 * hash and without network into the environment, the other is the base with that environment on top.
 * @throws E-LCK-NOFILE if a distribution has no wheel, E-PRF-SCHEMA if a value cannot be written
 */
export function renderContainerfile(
  lock: Lock,
  profile: ServiceFiles,
  options: ContainerfileOptions,
): Containerfile {
  const text = `${[header(lock, options), buildStage(options), finalStage(profile, options)].join('\n\n')}\n`
  return { text, files: new Map([['requirements.txt', requirementsText(lock, options.wheels)]]) }
}

/** The first line is a plain comment, so that no later one can be taken for `# syntax=` or `# escape=`. */
function header(lock: Lock, { base }: ContainerfileOptions): string {
  const release = lock.release === undefined ? '' : `@${lock.release}`
  const what = `${lock.service}${release}, Python ${lock.python}, ${lock.platform}`
  return `# Written by svcsplit for ${quote(what, 'comment')}. Change the profile or the lock, then write it anew.
#
# base/ holds the base as an OCI layout. In this folder:
#   buildah build --build-arg BASE=oci:base .
#   docker build --file Containerfile --build-context svcsplit-base=oci-layout://./base .
ARG BASE=${quote(base, 'variable')}`
}

function buildStage({ prefix, pythonPath, pip }: ContainerfileOptions): string {
  const python = quote(`${prefix}/bin/python`, 'shell')
  requireWheelName(pip)
  return `# The environment: wheels alone, each by its hash, nothing from the network, nothing compiled.
# pip runs out of its own wheel and is not installed.
FROM \${BASE} AS build
USER 0:0
COPY requirements.txt /build/
COPY wheels/ /build/wheels/
RUN umask 022 \\
 && ${quote(pythonPath, 'shell')} -m venv --without-pip ${quote(prefix, 'shell')} \\
 && ${python} -B ${quote(`/build/wheels/${pip.filename}/pip`, 'shell')} install \\
      --no-index --find-links /build/wheels --only-binary :all: --require-hashes --no-deps --no-compile \\
      --no-cache-dir --disable-pip-version-check --no-warn-script-location --root-user-action ignore \\
      --requirement /build/requirements.txt`
}

function finalStage(
  { user, directories, data, rootwrap }: ServiceFiles,
  { prefix, command, ports, sudoers, systemModules }: ContainerfileOptions,
): string {
  const home = directories[0] ?? '/nonexistent'
  const group = `${user.name}:*:${user.gid}:`
  const account = `${user.name}:*:${user.uid}:${user.gid}::${home}:/usr/sbin/nologin`
  const steps = [
    `grep -qxF ${quote(group, 'shell')} /etc/group || printf '%s\\n' ${quote(group, 'shell')} >> /etc/group`,
    `grep -qxF ${quote(account, 'shell')} /etc/passwd || printf '%s\\n' ${quote(account, 'shell')} >> /etc/passwd`,
    ...directories.map((directory) => {
      const folder = quote(directory, 'shell')
      return `mkdir -p ${folder}; chown ${user.uid}:${user.gid} ${folder}; chmod 755 ${folder}`
    }),
    ...[...data].map(([from, to]) => {
      const source = quote(`${prefix}/${from}/.`, 'shell')
      const target = quote(to, 'shell')
      return `if [ -d ${source} ]; then mkdir -p ${target}; cp -R ${source} ${target}; fi`
    }),
    ...(rootwrap === undefined ? [] : [withExecDirs(rootwrap, prefix)]),
    ...(sudoers === ''
      ? []
      : [
          `${written(sudoers, `/etc/sudoers.d/${user.name}`)}; chmod 440 ${quote(`/etc/sudoers.d/${user.name}`, 'shell')}`,
        ]),
    ...(systemModules === undefined ? [] : [written(systemModules.text, systemModules.path)]),
  ]
  return [
    `# The image: the base with the environment, the account of the service and its folders.
FROM \${BASE}
USER 0:0
COPY --from=build ${quoteList([prefix, prefix])}
RUN umask 022; set -e \\
 ; ${steps.join(' \\\n ; ')}`,
    `ENV PATH=${quote(`${prefix}/bin:`, 'variable').replace(/"$/, '$${PATH}"')} PYTHONDONTWRITEBYTECODE=1`,
    ...[...new Set(ports)].sort((a, b) => a - b).map((port) => `EXPOSE ${port}/tcp`),
    `USER ${user.uid}:${user.gid}
# what the base starts is not what the service starts
ENTRYPOINT []`,
    ...(command.length === 0 ? [] : [`CMD ${quoteList(command)}`]),
  ].join('\n')
}

/** rootwrap looks into `exec_dirs` alone. */
function withExecDirs(rootwrap: string, prefix: string): string {
  const path = quote(rootwrap, 'shell')
  const first = quote(`s|^exec_dirs *= *|&${prefix}/bin,|`, 'shell')
  return `if [ -f ${path} ]; then sed -i ${first} ${path}; fi`
}

/** Writes lines of text. */
function written(text: string, path: string): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => quote(line, 'shell'))
  return `printf '%s\\n' ${lines.join(' ')} > ${quote(path, 'shell')}`
}

/** What pip installs: every distribution of the lock at its version, by the hash of its one wheel. */
function requirementsText(lock: Lock, wheels: readonly ContextWheel[]): string {
  const byName = new Map(wheels.map((wheel) => [wheel.name, wheel]))
  const lines = lock.distributions.map(({ name, version }) => {
    const wheel = byName.get(name)
    if (wheel === undefined)
      throw new SvcsplitError('E-LCK-NOFILE', `${name} ${version} of the lock has no wheel`, {
        hint: 'build it from its sdist first (svcsplit build does), or bring it: --wheelhouse DIR',
      })
    requireWheelName(wheel)
    if (!/^[A-Za-z0-9._+!-]+$/.test(version) || !/^[a-z0-9-]+$/.test(name))
      throw new SvcsplitError('E-LCK-FORM', `${name} ${version} cannot stand in a requirements file`)
    return `${name}==${version} --hash=sha256:${wheel.sha256}`
  })
  return `# Written by svcsplit: every distribution of the lock, each by the hash of its wheel.\n${lines.join('\n')}\n`
}

function requireWheelName({ filename, sha256 }: ContextWheel): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._+!-]*\.whl$/.test(filename) && /^[0-9a-f]{64}$/.test(sha256)) return
  throw new SvcsplitError(
    'E-LCK-FORM',
    `${quote(filename, 'comment')} is not the name of a wheel with its hash`,
  )
}
