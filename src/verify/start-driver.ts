/**
 * Runs in the image's own Python, as `python -c DRIVER`; the request comes on stdin. Imports happen in forked
 * children: libraries' scripts in one that they share, what fails there again alone, the service's own each
 * alone. A child's output goes to a pipe of which the end is kept, so that nothing that is imported can write
 * the answer, fill a disk or hang the run.
 */
export const startDriver = `
import json, os, select, signal, sys, tempfile, time

request = json.load(sys.stdin)
sys.path[0] = request['bin']
sys.argv = [os.path.join(request['bin'], 'svcsplit-verify')]
KEPT = 4096
try:
    # An image has no bytecode: without a place for it, every child would compile all over again.
    sys.pycache_prefix = os.environ['PYTHONPYCACHEPREFIX'] = tempfile.mkdtemp()
    sys.dont_write_bytecode = False
    os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
except OSError:
    pass

def load(target):
    module, attribute = target
    try:
        loaded = __import__(module, fromlist=['*'] if attribute is None else [attribute.split('.')[0]])
        for part in attribute.split('.') if attribute else ():
            loaded = getattr(loaded, part)
        return None
    except BaseException as error:
        missing = None
        cause, seen = error, set()
        while cause is not None and id(cause) not in seen and len(seen) < 20:
            seen.add(id(cause))
            if isinstance(cause, ModuleNotFoundError) and cause.name:
                missing = cause.name
                break
            cause = cause.__cause__ or cause.__context__
        top = (missing or '').split('.')[0]
        return {
            'type': type(error).__module__ + '.' + type(error).__name__,
            'message': str(error)[:500],
            'missing': missing and missing[:200],
            'standard': top in getattr(sys, 'stdlib_module_names', ()),
        }

class Child:
    def __init__(self, targets):
        self.targets = targets
        self.results = []
        self.spoilt = False
        self.answer = b''
        self.noise = b''
        self.deadline = time.monotonic() + request['seconds'] * (1 if len(targets) == 1 else 3)
        answer_in, answer_out = os.pipe()
        noise_in, noise_out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.setsid()
                os.dup2(noise_out, 1)
                os.dup2(noise_out, 2)
                os.close(answer_in)
                os.close(noise_in)
                for target in targets:
                    line = json.dumps(load(target)) + chr(10)
                    os.write(answer_out, line.encode())
                code = 0
            finally:
                os._exit(code)
        os.close(answer_out)
        os.close(noise_out)
        self.pipes = {answer_in: 'answer', noise_in: 'noise'}

    def read(self, pipe):
        data = os.read(pipe, 65536)
        if not data:
            os.close(pipe)
            del self.pipes[pipe]
        elif self.pipes[pipe] == 'noise':
            self.noise = (self.noise + data)[-KEPT:]
        else:
            if self.spoilt:
                return
            self.answer += data
            *lines, self.answer = self.answer.split(b'\\n')
            for line in lines:
                try:
                    self.results.append(json.loads(line))
                except ValueError:
                    # Something else wrote here: what follows cannot be told apart from it.
                    self.end()
                    self.spoilt = True
                    break
            del self.results[len(self.targets):]
            if len(self.answer) > 65536:
                self.end()

    def end(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except OSError:
            pass

    def close(self):
        self.end()
        _, status = os.waitpid(self.pid, 0)
        for pipe in self.pipes:
            os.close(pipe)
        self.pipes = {}
        late = time.monotonic() >= self.deadline
        if late:
            return 'did not end within %d s' % request['seconds']
        if os.WIFSIGNALED(status):
            return 'was ended by signal %d' % os.WTERMSIG(status)
        return 'ended the process'

def run(batches, finish):
    waiting = list(batches)
    running = []
    while waiting or running:
        while waiting and len(running) < request['atOnce']:
            running.append(Child(waiting.pop(0)))
        owner = {pipe: child for child in running for pipe in child.pipes}
        ready, _, _ = select.select(list(owner), [], [], 0.2)
        for pipe in ready:
            owner[pipe].read(pipe)
        for child in list(running):
            whole = len(child.results) == len(child.targets)
            if whole or not child.pipes or time.monotonic() >= child.deadline:
                running.remove(child)
                finish(child, child.close())

found = {}
again = []
def shared(child, why):
    for index, target in enumerate(child.targets):
        if index < len(child.results) and child.results[index] is None:
            found[tuple(target)] = None
        else:
            again.append([target])
def alone(child, why):
    target = tuple(child.targets[0])
    words = child.noise.decode('utf-8', 'replace').strip().splitlines()
    message = why + (': ' + words[-1][:500] if words else '')
    found[target] = child.results[0] if child.results else {'type': 'died', 'message': message, 'missing': None, 'standard': False}

if request['shared']:
    run([request['shared']], shared)
run(again + [[target] for target in request['alone']], alone)

import subprocess
def start(command):
    told = []
    for option in ('--version', '--help'):
        try:
            done = subprocess.run([command, option], input=b'', stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=request['seconds'])
            words = done.stdout[-KEPT:].decode('utf-8', 'replace').strip()
            code = done.returncode
        except subprocess.TimeoutExpired:
            words, code = 'did not end within %d s' % request['seconds'], None
        except OSError as error:
            words, code = str(error), None
        told.append({'option': option, 'code': code, 'words': words[-1000:]})
        if code == 0:
            break
    return told

answer = {
    'imports': [found[tuple(target)] for target in request['shared'] + request['alone']],
    'starts': [start(command) for command in request['commands']],
}
sys.stdout.write(chr(10) + request['mark'] + json.dumps(answer) + chr(10))
`
