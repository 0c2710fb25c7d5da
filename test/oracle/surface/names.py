"""Asks environments made of real versions whether names are there, for test/verbs/as-run.oracle.test.ts.

    svcsplit analyze -o json > analysis.json
    python names.py --work DIR < analysis.json > names.json

Not part of any test run. `--work` is the folder of sweep.py, whose environments are used: what is predicted for the
five services there is asked, and for their releases and hosts. `{"2026.1 oslo-utils 10.1.0": {NAME: ANSWER}}`:
whether evaluating the name works: `true`, `false`, or a text where the environment has another version or
importing fails for another reason. Keywords (`a.f(x)`) are looked for in the signature, plugins (`group:name`) among
the entry points.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

SERVICES = ["keystone", "glance", "cinder", "neutron", "nova"]

ASK = r"""
import importlib, importlib.metadata, inspect, io, json, os, sys, signal
out = os.fdopen(os.dup(1), "w"); sys.stdout = io.StringIO(); sys.argv = ["names"]
library, version, names = json.loads(sys.stdin.read())
if importlib.metadata.version(library) != version:
    print(json.dumps({name: "the environment has " + importlib.metadata.version(library) for name in names}), file=out)
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, required=True)
    options = parser.parse_args()
    lines = []
    asked_of = {}
    for finding in json.load(sys.stdin)["findings"]:
        if finding["rule"] != "broken-import" or finding["supply"] is None:
            continue
        if finding["demand"]["service"] not in SERVICES:
            continue
        library = f"{finding['distribution']} {finding['supply']['version']}"
        asked_of.setdefault(finding["host"], {}).setdefault(library, set()).add(finding["missing"]["name"])
    for host, libraries in sorted(asked_of.items()):
        python = options.work / f"host-{host}/bin/python"
        home = options.work / "home"
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
        for library, names in sorted(libraries.items()):
            asked = json.dumps([*library.split(" "), sorted(names)])
            done = subprocess.run(
                [str(python), "-c", ASK], input=asked, env=env, cwd=home, capture_output=True, text=True, check=False
            )
            if done.returncode != 0 or not done.stdout.strip():
                answers = {name: "the process died" for name in names}
            else:
                answers = json.loads(done.stdout)
            lines.append(f" {json.dumps(f'{host} {library}')}: {json.dumps(answers, sort_keys=True)}")
            print(host, library, file=sys.stderr, flush=True)
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
