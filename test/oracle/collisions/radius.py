"""Checks with pypa/packaging the smallest moves of pins that svcsplit found, and that no smaller set of pins will do.

    svcsplit analyze --radius -o json=all.json
    python radius.py all.json > radius.json

It shares no code with src/. For each cell: with the moved pins every demand of the closure is met; and however
one pin fewer is moved, some demand is not. Pins that the service refuses, or a pin that has moved already, have to
move in any case; apart from that all versions of all distributions that are reached are tried.
"""

import argparse
import json
import pathlib
import re
import sys

from collisions import Walk, environment, read_pins
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

CELLS = [
    "barbican@2025.2 on 2024.1",
    "barbican@2026.1 on 2025.1",
    "cinder@2026.1 on 2025.2",
    "glance@2025.1 on 2023.2",
    "horizon@2023.1 on 2024.1",
    "horizon@2024.1 on 2023.1",
    "ironic@2025.1 on 2024.1",
    "ironic@2026.1 on 2025.1",
    "manila@2026.1 on 2025.1",
    "neutron@2024.2 on 2023.2",
    "neutron@2026.1 on 2025.1",
    "nova@2024.2 on 2023.1",
    "nova@2026.1 on 2025.1",
    "octavia@2024.2 on 2023.1",
]


def names_in(path, key):
    """The items of a list of names in a profile, in either form of YAML."""
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"^{key}:[ ]*(\[.*\])?\n((?:  - .*\n)*)", text, re.MULTILINE)
    if found is None:
        return []
    inline = (found.group(1) or "[]").strip("[]")
    return [one.strip() for one in inline.split(",") if one.strip()] + re.findall(r"^  - (.+)$", found.group(2), re.M)


class Service:
    def __init__(self, data, walk, service, release, shipped):
        self.walk = walk
        self.name = canonicalize_name(shipped["distribution"])
        self.version = shipped["version"]
        profile = data.parent / "profiles" / f"{service}.yaml"
        texts = names_in(profile, "additions")
        declared = data / "requirements" / f"{service}-{release}.txt"
        if declared.exists():
            lines = (line.split("#")[0].strip() for line in declared.read_text(encoding="utf-8").splitlines())
            texts += [line for line in lines if line]
        self.direct = list(walk.demands(self.name, self.version, ""))
        for extra in names_in(profile, "extras"):
            self.direct += walk.demands(self.name, self.version, extra)
        for text in texts:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({**walk.env, "extra": ""}):
                self.direct.append(requirement)

    def fits(self, name, version):
        row = self.walk.facts.get((name, Version(version)))
        floor = row and row.get("requiresPython")
        python = self.walk.env["python_full_version"]
        return floor is None or SpecifierSet(floor).contains(python, prereleases=True)

    def moves(self, name, version):
        versions = self.walk.versions.get(name, [])
        finals = [one for one in versions if not one.is_prerelease] or versions
        return [str(one) for one in finals if one != Version(version) and self.fits(name, str(one))]

    def check(self, pins, own):
        """What is refused, as (who, target), and every name reached."""
        chosen = {self.name: self.version}
        reached = {(self.name, "")}
        queue = [(None, "")]
        refused = set()
        for name, extra in queue:
            demands = self.direct if name is None else self.walk.demands(name, chosen[name], extra)
            for requirement in demands:
                target = canonicalize_name(requirement.name)
                if target not in chosen:
                    chosen[target] = pins.get(target) or own.get(target) or self.walk.newest(target)
                    if target in pins and not self.fits(target, chosen[target]):
                        refused.add((target, "python"))
                if target in pins or target in own or target == self.name:
                    if not requirement.specifier.contains(chosen[target], prereleases=True):
                        refused.add((name or self.name, target))
                for wanted in ["", *map(canonicalize_name, requirement.extras)]:
                    if (target, wanted) not in reached:
                        reached.add((target, wanted))
                        queue.append((target, wanted))
        return refused, set(chosen)


def refute_smaller(service, pins, own, size):
    """Tries every way to move fewer pins than `size`; how many there were."""
    return refute(service, pins, own, size - 1, frozenset())


def refute(service, pins, own, more, decided):
    """Every way to move `more` further pins fails. What decided pins and the service refuse has to move."""
    left, reached = service.check(pins, own)
    assert left, f"moving {sorted(decided)} will do"
    must = {target for who, target in left if who == service.name or who in decided}
    if len(must) > more or must & (decided | {service.name, "python"}):
        return 1
    # A pin that is not reached changes nothing, so only those that are need to be tried.
    names = must if must else {one for one in reached if one in pins and one not in decided and one != service.name}
    tried = 1
    for name in sorted(names)[: 1 if must else None] if more > 0 else []:
        for version in service.moves(name, pins[name]):
            tried += refute(service, {**pins, name: version}, own, more - 1, decided | {name})
    return tried


def main():
    here = pathlib.Path(__file__).resolve()
    parser = argparse.ArgumentParser()
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=here.parents[3] / "constraints")
    parser.add_argument("--python", default="3.11.15")
    options = parser.parse_args()
    env = environment(options.python)
    releases = json.loads((options.data / "releases.json").read_text(encoding="utf-8"))
    pins = {release: read_pins(options.data / f"{release}.txt", env) for release in releases}
    walk = Walk(options.data, env)
    result = json.loads(options.result.read_text(encoding="utf-8"))
    radii = {f"{cell['service']}@{cell['to']} on {cell['from']}": cell.get("radius") for cell in result["cells"]}
    rows = []
    for cell in CELLS:
        service, release, host = re.fullmatch(r"(\S+)@(\S+) on (\S+)", cell).groups()
        moves = radii[cell]["pins"]
        on = Service(options.data, walk, service, release, releases[release]["services"][service])
        refused, _ = on.check({**pins[host], **moves}, pins[release])
        assert not refused, (cell, refused)
        tried = refute_smaller(on, pins[host], pins[release], len(moves))
        print(cell, tried, file=sys.stderr)
        rows.append(f"  {json.dumps(cell)}: {json.dumps({'pins': moves, 'smallerTried': tried})}")
    print(f'{{\n "python": "{options.python}",\n "cells": {{')
    print(",\n".join(rows))
    print(" }\n}")


main()
