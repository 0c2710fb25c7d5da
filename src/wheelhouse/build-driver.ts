/**
 * The program that runs inside the sandbox, in the base's own Python and standard library alone. It is started
 * as the sandbox's root, prepares folders, and runs everything that comes from an sdist as `nobody`, who can
 * write nowhere but in the work folder. A frontend as PEP 517 describes it, without an installer: build
 * requirements are wheels that are unpacked to a folder of their own.
 *
 * /svcsplit/request.json in, /svcsplit/out/result.json out.
 */
export const buildDriver = String.raw`
import importlib, json, os, re, shutil, site, stat, subprocess, sys, tarfile, zipfile

JOB = '/svcsplit'
WORK = '/tmp/svcsplit-build'
ENVIRONMENTS = '/var/lib/svcsplit'
NOBODY = 65534
EPOCH = '1704067200'
SOURCE = re.compile(r'\.(c|cc|cpp|cxx|pyx|pxd|f|f90|rs|S)$')
ASIDE = re.compile(r'(^|/)(tests?|docs?|examples?|benchmarks?)/')


def as_root():
    os.umask(0o022)
    request = read_json(JOB + '/request.json')
    refuse_network()
    environment = prepare_environment(request['environment'], request['wheels'])
    shutil.rmtree(WORK, ignore_errors=True)
    os.mkdir(WORK, 0o755)
    os.mkdir(WORK + '/out', 0o755)
    os.chown(WORK + '/out', NOBODY, NOBODY)
    os.mkdir(WORK + '/src', 0o755)
    os.chown(WORK + '/src', NOBODY, NOBODY)
    shutil.copyfile(JOB + '/sdist/' + request['sdist'], WORK + '/' + request['sdist'])
    for name in ('request.json', 'driver.py'):
        shutil.copyfile(JOB + '/' + name, WORK + '/' + name)
    done = subprocess.run(
        [sys.executable, '-B', WORK + '/driver.py', 'nobody', environment],
        cwd=WORK, stdin=subprocess.DEVNULL, stdout=sys.stderr, user=NOBODY, group=NOBODY, extra_groups=[], umask=0o022,
        env={
            'PATH': '/usr/local/bin:/usr/bin:/bin', 'HOME': WORK + '/out', 'TMPDIR': WORK + '/out',
            'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', 'SOURCE_DATE_EPOCH': EPOCH, 'PYTHONHASHSEED': '0',
            'PYTHONNOUSERSITE': '1', 'PYTHONDONTWRITEBYTECODE': '1', 'PYTHONPATH': environment,
            'PYTHONWARNINGS': 'ignore',
        },
    )
    if done.returncode == 0:
        os.makedirs(JOB + '/out', exist_ok=True)
        result = read_json(WORK + '/out/result.json')
        if 'wheel' in result:
            copy_regular(WORK + '/out/' + os.path.basename(result['wheel']), JOB + '/out/result.whl')
        with open(JOB + '/out/result.json', 'w', encoding='utf-8') as file:
            json.dump(result, file)
    shutil.rmtree(WORK, ignore_errors=True)
    sys.exit(done.returncode)


def as_nobody(environment):
    request = read_json(WORK + '/request.json')
    root = unpack(WORK + '/' + request['sdist'], WORK + '/src')
    if request['mode'] == 'inspect':
        return finish(inspect(root))
    site.addsitedir(environment)
    sys.path.remove(environment) if environment in sys.path else None
    sys.path.insert(0, environment)
    sys.path[0:0] = [os.path.normpath(os.path.join(root, path)) for path in request['backendPath']]
    os.chdir(root)
    sys.argv = [sys.argv[0]]
    module, _, attribute = request['backend'].partition(':')
    backend = importlib.import_module(module)
    for name in filter(None, attribute.split('.')):
        backend = getattr(backend, name)
    if hasattr(backend, 'get_requires_for_build_wheel'):
        wanted = [text for text in backend.get_requires_for_build_wheel(None) if text not in request['known']]
        if wanted:
            return finish({'requires': wanted})
    out = WORK + '/out'
    if request['mode'] == 'metadata' and hasattr(backend, 'prepare_metadata_for_build_wheel'):
        folder = backend.prepare_metadata_for_build_wheel(out, None)
        with open(os.path.join(out, folder, 'METADATA'), encoding='utf-8', errors='surrogateescape') as file:
            return finish({'metadata': file.read()})
    wheel = backend.build_wheel(out, None, None)
    if request['mode'] == 'metadata':
        with zipfile.ZipFile(os.path.join(out, wheel)) as archive:
            name = next(name for name in archive.namelist() if re.fullmatch(r'[^/]+\.dist-info/METADATA', name))
            return finish({'metadata': archive.read(name).decode('utf-8', 'surrogateescape')})
    finish({'wheel': wheel})


def inspect(root):
    members = [
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root) for name in names
    ]
    project = None
    if os.path.isfile(root + '/pyproject.toml'):
        with open(root + '/pyproject.toml', encoding='utf-8') as file:
            project = file.read(1 << 20)
    native = [name for name in sorted(members) if SOURCE.search(name) and not ASIDE.search(name)]
    return {'pyproject': project, 'setup': os.path.isfile(root + '/setup.py'), 'native': native[:5]}


def unpack(path, folder):
    if path.endswith('.zip'):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    else:
        with tarfile.open(path) as archive:
            options = {'filter': 'data'} if hasattr(tarfile, 'data_filter') else {}
            archive.extractall(folder, **options)
    roots = [name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))]
    if len(roots) != 1:
        sys.exit('the sdist does not have one folder at its top: ' + ', '.join(sorted(roots)))
    return os.path.join(folder, roots[0])


def prepare_environment(key, wheels):
    target = ENVIRONMENTS + '/' + key
    if not os.path.isdir(target):
        fresh = target + '.new'
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        for wheel in wheels:
            with zipfile.ZipFile(JOB + '/wheels/' + wheel) as archive:
                archive.extractall(fresh)
        os.rename(fresh, target)
    return target


def refuse_network():
    with open('/proc/net/route') as file:
        if len(file.read().splitlines()) > 1:
            sys.exit('the sandbox has a network, so nothing is built in it')


def copy_regular(source, target):
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, 'rb') as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            sys.exit('the wheel is not a regular file')
        with open(target, 'wb') as copy:
            shutil.copyfileobj(file, copy)


def read_json(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def finish(result):
    with open(WORK + '/out/result.json', 'w', encoding='utf-8') as file:
        json.dump(result, file)


if sys.argv[1:2] == ['nobody']:
    as_nobody(sys.argv[2])
else:
    as_root()
`
