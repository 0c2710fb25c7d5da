"""Collisions of every service release on every other release's pins, worked out with pypa/packaging.

    python collisions.py [--data DIR] [--python 3.11.15] > collisions.json

An independent walk over the shipped facts: it shares no code with src/. Demands are those of the index
metadata and of the profile-less service (no extras, no additions); each entry is
"by|target|specifier" with canonical names and specifiers sorted. Cells without collisions are left out.
"""

import argparse
import collections
import json
import pathlib
import re

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

LINUX = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "implementation_name": "cpython",
}


def environment(python):
    short = ".".join(python.split(".")[:2])
    return {
        **default_environment(),
        **LINUX,
        "python_version": short,
        "python_full_version": python,
        "implementation_version": python,
    }


def read_pins(path, env):
    pins = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(env):
            pins[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return pins


def read_metadata(path):
    facts = {}
    newest = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        row = json.loads(line)
        version = Version(row["version"])
        facts[row["name"], version] = row
        newest.setdefault(row["name"], []).append(version)
    return facts, newest


class Walk:
    def __init__(self, data, env):
        self.env = env
        self.facts, self.versions = read_metadata(data / "catalog" / "metadata.jsonl")
        self.parsed = {}

    def demands(self, name, version, extra):
        key = (name, version, extra)
        if key not in self.parsed:
            row = self.facts.get((name, Version(version)))
            found = []
            for text in row["requires"] if row else []:
                requirement = Requirement(text)
                if requirement.marker is None or requirement.marker.evaluate({**self.env, "extra": extra}):
                    found.append(requirement)
            self.parsed[key] = found
        return self.parsed[key]

    def newest(self, name):
        for version in sorted(self.versions.get(name, []), reverse=True):
            floor = self.facts[name, version].get("requiresPython")
            if version.is_prerelease:
                continue
            if floor is None or SpecifierSet(floor).contains(self.env["python_full_version"], prereleases=True):
                return str(version)
        return None

    def collisions(self, root, root_version, pins, own):
        chosen = {root: root_version}
        seen = {(root, "")}
        queue = collections.deque(seen)
        found = set()
        while queue:
            name, extra = queue.popleft()
            for requirement in self.demands(name, chosen[name], extra):
                target = canonicalize_name(requirement.name)
                if target not in chosen:
                    chosen[target] = pins.get(target) or own.get(target) or self.newest(target)
                if target in pins or target == root:
                    if not requirement.specifier.contains(chosen[target], prereleases=True):
                        parts = ",".join(sorted(str(one) for one in requirement.specifier))
                        found.add(f"{name}|{target}|{parts}")
                if chosen[target] is None:
                    continue
                for wanted in ["", *map(canonicalize_name, requirement.extras)]:
                    if (target, wanted) not in seen:
                        seen.add((target, wanted))
                        queue.append((target, wanted))
        return found


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=here.parents[3] / "constraints")
    parser.add_argument("--python", default="3.11.15")
    options = parser.parse_args()
    env = environment(options.python)
    releases = json.loads((options.data / "releases.json").read_text(encoding="utf-8"))
    pins = {release: read_pins(options.data / f"{release}.txt", env) for release in releases}
    walk = Walk(options.data, env)
    cells = {}
    for release in sorted(releases):
        for service, shipped in sorted(releases[release]["services"].items()):
            name = canonicalize_name(shipped["distribution"])
            for host in sorted(releases):
                if host == release:
                    continue
                found = walk.collisions(name, shipped["version"], pins[host], pins[release])
                if found:
                    cells[f"{service}@{release} on {host}"] = sorted(found)
    total = sum(map(len, cells.values()))
    rows = [f"  {json.dumps(cell)}: {json.dumps(found)}" for cell, found in cells.items()]
    print(f'{{\n "python": "{options.python}",\n "total": {total},\n "cells": {{')
    print(",\n".join(rows))
    print(" }\n}")


if __name__ == "__main__":
    main()
