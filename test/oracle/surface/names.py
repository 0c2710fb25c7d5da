"""Asks environments made of real versions whether dotted names are there, for test/surface/broken-imports.oracle.test.ts.

    python names.py --work DIR < predictions.json > names.json

Not part of any test run. `--work` is the folder of sweep.py, whose environments are used. The input is what
the analysis predicts, {"2026.1": {"oslo-utils 10.1.0": ["oslo_utils.secretutils.md5", ...]}}: for each host release the
names of each library, as predictions.py writes them. The answer says of each whether evaluating it works there:
`true`, `false`, or a text where the environment has another version or importing fails for another reason.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

ASK = r"""
import importlib, importlib.metadata, io, json, os, sys, signal
out = os.fdopen(os.dup(1), "w"); sys.stdout = io.StringIO(); sys.argv = ["names"]
library, version, names = json.loads(sys.stdin.read())
if importlib.metadata.version(library) != version:
    print(json.dumps({name: "the environment has " + importlib.metadata.version(library) for name in names}), file=out)
    out.flush(); os._exit(0)
signal.alarm(240)
answers = {}
for name in names:
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
    answers[name] = found
print(json.dumps(answers), file=out)
out.flush(); os._exit(0)
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, required=True)
    options = parser.parse_args()
    lines = []
    for host, libraries in sorted(json.load(sys.stdin).items()):
        python = options.work / f"host-{host}/bin/python"
        home = options.work / "home"
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
        for library, names in sorted(libraries.items()):
            asked = json.dumps([*library.split(" "), names])
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


main()
