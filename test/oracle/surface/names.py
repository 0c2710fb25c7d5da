"""Asks environments made of real versions whether names are there, for test/verbs/as-run.oracle.test.ts.

    svcsplit analyze -o json > analysis.json
    python names.py --uv /path/to/uv --work DIR < analysis.json > names.json

Not part of any test run. `--work` is the folder of sweep.py, whose environments are used: each name that is predicted
as gone for any service on any host is asked there. A version that such an environment has not is installed alone into a
folder of its own and put before it. `{"2026.1 oslo-utils 10.1.0": {NAME: ANSWER}}`: whether evaluating the name works:
`true`, `false`, or a text where importing fails for another reason. Keywords (`a.f(x)`) are looked for in the signature, plugins (`group:name`) among
the entry points.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

ASK = r"""
import importlib, importlib.metadata, inspect, io, json, os, sys, signal
out = os.fdopen(os.dup(1), "w"); sys.stdout = io.StringIO(); sys.argv = ["names"]
library, version, names = json.loads(sys.stdin.read())
try:
    found = importlib.metadata.version(library)
except importlib.metadata.PackageNotFoundError:
    found = None
if found != version:
    print(json.dumps(None), file=out)
    out.flush(); os._exit(0)
signal.alarm(240)
answers = {}
for given in names:
    name, keyword = given, None
    if ":" in given:
        group, _, entry = given.partition(":")
        answers[given] = any(one.name == entry for one in importlib.metadata.entry_points(group=group))
        continue
    if given.endswith(")"):
        name, _, keyword = given[:-1].partition("(")
    parts = name.split(".")
    found, at, value = None, 0, None
    for at in range(len(parts), 0, -1):
        module = ".".join(parts[:at])
        try:
            value = importlib.import_module(module)
            break
        except ModuleNotFoundError as error:
            if error.name is None or not (module + ".").startswith(error.name + "."):
                found = f"{type(error).__name__}: {error}"[:120]
                break
        except BaseException as error:
            found = f"{type(error).__name__}: {error}"[:120]
            break
    if found is None:
        found = value is not None
        if found:
            for part in parts[at:]:
                try:
                    value = getattr(value, part)
                except AttributeError:
                    found = False
                    break
                except BaseException as error:
                    found = f"{type(error).__name__}: {error}"[:120]
                    break
    if found is True and keyword is not None:
        try:
            parameters = inspect.signature(value).parameters
            found = keyword in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        except (TypeError, ValueError) as error:
            found = f"{type(error).__name__}: {error}"[:120]
    answers[given] = found
print(json.dumps(answers), file=out)
out.flush(); os._exit(0)
"""


def ask(python, home, library, names, before=None):
    """Answers by name; None where the environment has another version."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    if before is not None:
        env["PYTHONPATH"] = str(before)
    done = subprocess.run(
        [str(python), "-c", ASK],
        input=json.dumps([*library.split(" "), sorted(names)]),
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        return {name: "the process died" for name in names}
    return json.loads(done.stdout)


def installed_alone(uv, work, python, library):
    name, _, version = library.partition(" ")
    folder = work / f"alone-{name}-{version}"
    if not folder.exists():
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python), "--target", str(folder)]
        env = {**os.environ, "UV_CACHE_DIR": str(work / "uv-cache"), "UV_LINK_MODE": "hardlink"}
        subprocess.run([*command, f"{name}=={version}"], check=True, env=env)
    return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--uv", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    options = parser.parse_args()
    lines = []
    asked_of = {}
    for finding in json.load(sys.stdin)["findings"]:
        if finding["rule"] != "broken-import" or finding.get("supply") is None:
            continue
        library = f"{finding['distribution']} {finding['supply']['version']}"
        asked_of.setdefault(finding["host"], {}).setdefault(library, set()).add(finding["missing"]["name"])
    for host, libraries in sorted(asked_of.items()):
        python, home = options.work / f"host-{host}/bin/python", options.work / "home"
        for library, names in sorted(libraries.items()):
            answers = ask(python, home, library, names)
            if answers is None:
                alone = installed_alone(options.uv, options.work, python, library)
                answers = ask(python, home, library, names, alone)
            lines.append(f" {json.dumps(f'{host} {library}')}: {json.dumps(answers, sort_keys=True)}")
            print(host, library, file=sys.stderr, flush=True)
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
