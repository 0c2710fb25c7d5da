/** The environment's folder, the same in every image, since wheels are written for it. */
export const environmentPrefix = '/opt/venv'

/**
 * The command that serves a WSGI application: uWSGI of the base's own distribution, since its plugin fits that
 * Python. Each worker loads the application by itself, as services hold connections from their import on.
 */
export function uwsgiCommand(wsgi: string, port: number): readonly string[] {
  return [
    'uwsgi',
    '--plugin=python3',
    `--virtualenv=${environmentPrefix}`,
    `--http-socket=0.0.0.0:${port}`,
    '--master',
    '--processes=2',
    '--enable-threads',
    '--lazy-apps',
    '--need-app',
    '--die-on-term',
    '--buffer-size=65535',
    // It ends each connection after its answer: a proxy that is not told would send the next request into it.
    '--add-header=Connection: close',
    `--module=${wsgi}`,
  ]
}
