/** Programs that the proof drives; README.md names the Debian packages that have them. */
export const needed = [
  'podman',
  'crun',
  'docker-registry',
  'mariadbd',
  'mariadb-dump',
  'haproxy',
  'memcached',
  'socat',
  'curl',
  'python3',
  'unshare',
  'ip',
  'mmdebstrap',
]
