import { type LayerEntry, parentFolders } from './layer-stream.js'

/** Which Python runs an environment. */
export interface VenvOptions {
  /** Absolute, as `/opt/venv`. */
  readonly prefix: string
  /** `3.11` */
  readonly python: string
  /** Where the base has it: `/usr/bin/python3.11`. */
  readonly pythonPath: string
}

/** The empty virtual environment (PEP 405) that every distribution is installed into. */
export function venvEntries({ prefix, python, pythonPath }: VenvOptions): readonly LayerEntry[] {
  const root = prefix.slice(1)
  const config = Buffer.from(
    `home = ${pythonPath.slice(0, pythonPath.lastIndexOf('/'))}\n` +
      `include-system-site-packages = false\nversion = ${python}\n`,
  )
  const owner = { uid: 0, gid: 0, size: 0 } as const
  const link = (path: string, target: string): LayerEntry => ({
    type: 'link',
    path,
    target,
    mode: 0o777,
    ...owner,
  })
  const entries: LayerEntry[] = [
    link(`${root}/bin/python`, `python${python}`),
    link(`${root}/bin/python3`, `python${python}`),
    link(`${root}/bin/python${python}`, pythonPath),
    { type: 'folder', path: `${root}/lib/python${python}/site-packages`, mode: 0o755, ...owner },
    link(`${root}/lib64`, 'lib'),
    {
      type: 'file',
      path: `${root}/pyvenv.cfg`,
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: config.length,
      content: () => ({ bytes: config }),
    },
  ]
  return [...parentFolders(entries.map(({ path }) => path)), ...entries].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  )
}
