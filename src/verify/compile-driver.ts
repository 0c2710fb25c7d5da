/**
 * Runs in the image's own Python, as `python -c DRIVER`; the request comes on stdin. Compiles every source of the
 * environment to bytecode that Python never holds against its source: the image does not change. One process, one order and
 * a fixed seed of hashes, because what Python writes of a string depends on how often the process knows it.
 */
export const compileDriver = `
import hashlib, importlib.util, json, os, sys, warnings
from base64 import urlsafe_b64encode
from importlib._bootstrap_external import _code_to_hash_pyc

request = json.load(sys.stdin)
warnings.simplefilter('ignore')
sources = []
for folder, folders, files in os.walk(request['site']):
    folders[:] = [name for name in folders if name != '__pycache__']
    sources += [os.path.join(folder, name) for name in files if name.endswith('.py')]
sources.sort(key=os.fsencode)
made = []
for path in sources:
    try:
        with open(path, 'rb') as file:
            source = file.read()
        code = compile(source, path, 'exec', dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        # Templates, and examples for another Python: nobody imports them.
        continue
    data = bytes(_code_to_hash_pyc(code, importlib.util.source_hash(source), False))
    if request['into'] is not None:
        with open(os.path.join(request['into'], str(len(made))), 'xb') as file:
            file.write(data)
    digest = urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')
    made.append([importlib.util.cache_from_source(path, optimization=''), len(data), digest])
sys.stdout.write(chr(10) + request['mark'] + json.dumps(made) + chr(10))
`
