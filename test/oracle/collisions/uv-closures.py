"""Resolves every service release under its own release's pins with uv, for test/solver/closure.oracle.test.ts.

    python uv-closures.py --uv /path/to/uv [--data DIR] [--only nova@2026.1] > uv-closures.json

Not part of any test run: it asks the package index, one service release after another, and takes minutes.
The service's own pin is taken out of the copy of the constraints, as an operator would do it. Names that no
constraints pin float to the newest version on the index of that day, so the test compares them by name only.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PYTHON = "3.11.14"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)$")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def without_own_pin(text, name):
    kept = []
    for line in text.splitlines():
        found = re.match(r"^([A-Za-z0-9._-]+)===", line)
        if found is None or canonical(found.group(1)) != name:
            kept.append(line)
    return "\n".join(kept) + "\n"


def resolve(uv, data, distribution, version, release, folder):
    constraints = folder / "constraints.txt"
    text = (data / f"{release}.txt").read_text(encoding="utf-8")
    constraints.write_text(without_own_pin(text, canonical(distribution)), encoding="utf-8")
    requirement = folder / "requirement.in"
    requirement.write_text(f"{distribution}=={version}\n", encoding="utf-8")
    command = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    command += ["--python-version", PYTHON, "--python-platform", "x86_64-unknown-linux-gnu"]
    command += ["-c", str(constraints), str(requirement)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # Only the kind of failure is kept: the whole text names paths, addresses and times.
        built = "failed to build" in done.stderr.lower()
        return {"failed": "an sdist does not build" if built else "no solution"}
    pins = {}
    for line in done.stdout.splitlines():
        found = PIN.match(line.strip())
        if found is not None:
            pins[canonical(found.group(1))] = found.group(2)
    return {"pins": dict(sorted(pins.items()))}


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser()
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--data", type=pathlib.Path, default=here.parents[3] / "constraints")
    parser.add_argument("--only")
    options = parser.parse_args()
    releases = json.loads((options.data / "releases.json").read_text(encoding="utf-8"))
    lines = []
    for release in sorted(releases):
        for service, shipped in sorted(releases[release]["services"].items()):
            key = f"{service}@{release}"
            if options.only not in (None, key):
                continue
            with tempfile.TemporaryDirectory() as folder:
                answer = resolve(
                    options.uv, options.data, shipped["distribution"], shipped["version"], release, pathlib.Path(folder)
                )
            print(key, answer.get("failed", f"{len(answer.get('pins', {}))} pins"), file=sys.stderr, flush=True)
            lines.append(f" {json.dumps(key)}: {json.dumps(answer, sort_keys=True)}")
    print("{\n" + ",\n".join(lines) + "\n}")


main()
