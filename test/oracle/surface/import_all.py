"""Imports every module of a service, one after another, and tells as JSON which of them fail and over what name.

    python import_all.py --service DIR --package nova [--heal FILE] [--only FILE]

The child process of sweep.py. `--service` is a folder into which the service alone was installed; its libraries
are those of the interpreter. A module gets 60 seconds. With `--heal`, the names listed in that file (those that
failed before) are put in place of what is gone, so that what lies behind the first failure is seen too.
Only libraries that the service's closure reaches in this environment can be imported: a neighbour's are hidden.
"""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import io
import json
import os
import pathlib
import re
import signal
import sys
import types

# Seconds: of the processor, and by the clock for what only waits.
WORK, WAIT = 60, 600
FROM = re.compile(r"cannot import name '([^']+)' from (?:partially initialized module )?'([^']+)'")


class TooLong(BaseException):
    pass


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Anything(type):
    """Stands for a name that is gone: may be called, subclassed, asked for attributes, used to decorate."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(name)

    def __call__(cls, *args, **kwargs):
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]
        try:
            return super().__call__()
        except Exception:
            return cls


def stand_in(name):
    return Anything(name, (object,), {"__init_subclass__": classmethod(lambda cls, **kwargs: None)})


class StandInModule(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(name)


class Hidden(importlib.abc.MetaPathFinder):
    """Refuses the top-level modules of distributions that the service's closure does not reach."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, fullname, path=None, target=None):
        if path is None and fullname in self.names:
            # setuptools puts its own copies of libraries on the path: those are its, and nobody's neighbour
            copies = [folder for folder in sys.path if folder.endswith("_vendor")]
            spec = importlib.machinery.PathFinder.find_spec(fullname, copies) if copies else None
            if spec is not None:
                return spec
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def top_levels(distribution):
    found = set()
    for file in distribution.files or []:
        first = file.parts[0]
        if first in ("..", "__pycache__") or first.endswith((".dist-info", ".data", ".pth")):
            continue
        found.add(re.sub(r"(\.[^.]+)*\.(py|so)$", "", first) if len(file.parts) == 1 else first)
    return {name for name in found if name.isidentifier()}


def closure(root):
    from packaging.requirements import Requirement

    installed = {}
    for distribution in importlib.metadata.distributions():
        installed.setdefault(canonical(distribution.metadata["Name"]), distribution)
    reached, todo = set(), [(canonical(root), "")]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in reached or name not in installed:
            continue
        reached.add((name, extra))
        for text in installed[name].requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                todo.append((canonical(requirement.name), ""))
                todo += [(canonical(requirement.name), canonical(one)) for one in requirement.extras]
    names = {name for name, _ in reached}
    visible = set().union(*(top_levels(installed[name]) for name in names))
    everything = set().union(*(top_levels(one) for one in installed.values()))
    return everything - visible


def modules_of(folder, package):
    for path in sorted((folder / package).rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if "tests" in parts or "test" in parts or parts[-1] in ("__main__", "conftest") or "functional" in parts:
            continue
        if parts[-1] == "__init__":
            parts = parts[:-1]
        yield ".".join(parts)


def relative(path, service):
    text = str(path)
    if text.startswith(str(service) + os.sep):
        return text[len(str(service)) + 1 :], True
    return re.sub(r"^.*/(site-packages|lib/python[^/]*)/", "", text), False


def failure(error, service):
    """The missing name, and where: the last line of the service's own code, and the last line of anybody's."""
    at, last, own = None, None, False
    trace = error.__traceback__
    while trace is not None:
        path, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
        if path.startswith("<frozen") or path == __file__ or "/importlib/" in path:
            continue
        short, is_own = relative(path, service)
        last = f"{short}:{line}"
        own = is_own
        if is_own:
            at = last
    kind, name = type(error).__name__, None
    if isinstance(error, ModuleNotFoundError):
        name = error.name
    elif isinstance(error, ImportError):
        found = FROM.search(str(error))
        name = f"{found.group(2)}.{found.group(1)}" if found else None
    elif isinstance(error, AttributeError) and error.name is not None:
        owner = error.obj
        if isinstance(owner, types.ModuleType):
            name = f"{owner.__name__}.{error.name}"
        elif isinstance(owner, type) and not isinstance(owner, Anything):
            name = f"{owner.__module__}:{owner.__qualname__}.{error.name}"
    found = {"kind": kind, "name": name, "at": at, "in": last if not own else at}
    if name is None:
        found["text"] = re.sub(r"0x[0-9a-f]+", "0x", re.sub(r"/[^ '\"]*/", "", str(error)))[:160]
    return found


def heal(name):
    """Puts something in the place of a name that is gone."""
    owner, _, last = name.rpartition(".")
    if ":" in owner:
        module, _, path = owner.partition(":")
        target = importlib.import_module(module)
        for part in path.split("."):
            target = getattr(target, part)
        type.__setattr__(target, last, stand_in(last))
        return
    try:
        target = importlib.import_module(owner) if owner else None
    except ImportError:
        target = None
    if target is None or name in HEAL_AS_MODULE:
        sys.modules[name] = StandInModule(name)
    if target is not None:
        setattr(target, last, sys.modules.get(name) or stand_in(last))


HEAL_AS_MODULE = set()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--service", type=pathlib.Path, required=True)
    parser.add_argument("--package", required=True)
    parser.add_argument("--distribution", required=True)
    parser.add_argument("--heal", type=pathlib.Path)
    parser.add_argument("--only", type=pathlib.Path)
    options = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    # What modules print, and what they ask of their arguments, is none of our business.
    sys.stdout = io.StringIO()
    sys.argv = ["import_all"]
    sys.path.insert(0, str(options.service))
    sys.meta_path.insert(0, Hidden(closure(options.distribution)))
    if options.heal:
        for kind, name in json.loads(options.heal.read_text()):
            if kind == "ModuleNotFoundError":
                HEAL_AS_MODULE.add(name)
            try:
                heal(name)
            except BaseException as error:
                print(json.dumps({"unhealed": name, "why": str(error)[:200]}), file=out, flush=True)
    wanted = list(modules_of(options.service, options.package))
    if options.only:
        only = set(json.loads(options.only.read_text()))
        wanted = [name for name in wanted if name in only]

    def stop(_signal, _frame):
        raise TooLong()

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGPROF, stop)
    for name in wanted:
        print(json.dumps({"begin": name}), file=out, flush=True)
        answer = {"module": name}
        signal.alarm(WAIT)
        signal.setitimer(signal.ITIMER_PROF, WORK)
        try:
            importlib.import_module(name)
        except TooLong:
            answer["error"] = {"kind": "TooLong", "name": None, "at": None, "in": None, "text": ""}
        except BaseException as error:
            answer["error"] = failure(error, options.service)
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(answer), file=out, flush=True)
    out.flush()
    # Modules may have left threads behind.
    os._exit(0)


if __name__ == "__main__":
    main()
