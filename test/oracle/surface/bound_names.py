"""What CPython finds of the names in constraints/catalog/bound-names.txt.

Run with the Python of an environment that has the libraries installed: each name is imported and looked up as the code
that uses it does, each library in a process of its own. Prints JSON: "library version" -> the names that are there,
that are not, and those whose module cannot be imported there for want of something else.

    ENVIRONMENT/bin/python bound_names.py bound-names.txt LIBRARY... > bound-names-RELEASE.golden.json
"""

import importlib
import importlib.metadata
import json
import subprocess
import sys
import warnings


def rows(path, library):
    """(kind, name) of one block."""
    owner = None
    inside = False
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if not line.startswith(" "):
            inside = line.split(" ")[0] == library
        elif inside and line.startswith("  "):
            kind, last = line[2:].split(" ")[:2]
            yield kind, last if owner == "-" else f"{owner}.{last}"
        elif inside and not line.startswith(" @ "):
            owner = line[1:]


def find(kind, name):
    if kind == "module":
        try:
            importlib.import_module(name)
            return "present"
        except ModuleNotFoundError as error:
            missing = error.name or ""
            return "absent" if name == missing or name.startswith(missing + ".") else "failed"
        except BaseException:
            return "failed"
    if kind not in ("name", "attribute"):
        return None
    parts = name.split(".")
    try:
        value = importlib.import_module(parts[0])
    except BaseException:
        return "failed"
    for at, part in enumerate(parts[1:], 2):
        try:
            importlib.import_module(".".join(parts[:at]))
        except ModuleNotFoundError as error:
            if not ".".join(parts[:at]).startswith(error.name or "?"):
                return "failed"
        except BaseException:
            return "failed"
        if not hasattr(value, part):
            return "absent"
        value = getattr(value, part)
    return "present"


def one(path, library):
    found = {"present": [], "absent": [], "failed": []}
    for kind, name in rows(path, library):
        state = find(kind, name)
        if state is not None:
            found[state].append(f"{kind} {name}")
    return {state: sorted(names) for state, names in found.items()}


def main():
    warnings.simplefilter("ignore")
    if sys.argv[1] == "--one":
        print("\n" + json.dumps(one(sys.argv[2], sys.argv[3])))
        return
    answers = {}
    for library in sorted(sys.argv[2:]):
        try:
            version = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
        command = [sys.executable, __file__, "--one", sys.argv[1], library]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
        answers[f"{library} {version}"] = json.loads(done.stdout.strip().split("\n")[-1])
    json.dump(answers, sys.stdout, indent=1)
    print()


main()
