"""Solves the cases of resolvelib's own tests with resolvelib: seconds of the processor and counters for each, as JSON.

usage: solver-cases.py FOLDER RUNS    (FOLDER has cases.json and NAME.jsonl; each case is solved RUNS times, the least counts)
"""
import collections
import json
import operator
import pathlib
import sys
import time

import resolvelib
from packaging.markers import Marker  # noqa: F401  (loaded before the clock starts)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

folder, runs = pathlib.Path(sys.argv[1]), int(sys.argv[2])
Candidate = collections.namedtuple("Candidate", "name version extras")


def parse(text):
    return Requirement(text)


class Provider(resolvelib.AbstractProvider):
    def __init__(self, index):
        self.index, self.tried, self.read = index, 0, set()

    def identify(self, requirement_or_candidate):
        thing = requirement_or_candidate
        name = canonicalize_name(thing.name)
        extras = sorted(thing.extras)
        return f"{name}[{','.join(extras)}]" if extras else name

    def get_preference(self, identifier, resolutions, candidates, information, backtrack_causes):
        causes = [c.requirement for c in backtrack_causes] + [c.parent for c in backtrack_causes if c.parent]
        return (
            not any(self.identify(one) == identifier for one in causes),
            sum(1 for _ in candidates[identifier]),
        )

    def find_matches(self, identifier, requirements, incompatibilities):
        wanted = list(requirements[identifier])
        bad = {c.version for c in incompatibilities[identifier]}
        name = canonicalize_name(wanted[0].name)
        extras = frozenset(wanted[0].extras)
        found = [
            Candidate(name, version, extras)
            for version in self.index.get(name, {})
            if version not in bad and all(r.specifier.contains(version, prereleases=True) for r in wanted)
        ]
        return sorted(found, key=operator.attrgetter("version"), reverse=True)

    def is_satisfied_by(self, requirement, candidate):
        return requirement.specifier.contains(candidate.version, prereleases=True)

    def get_dependencies(self, candidate):
        self.tried += 1
        self.read.add((candidate.name, candidate.version))
        found = []
        if candidate.extras:
            found.append(Requirement(f"{candidate.name}=={candidate.version}"))
        for requirement in self.index[candidate.name][candidate.version]:
            if requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra, "python_version": "3.11", "python_full_version": "3.11.13"})
                for extra in (candidate.extras or {""})
            ):
                found.append(requirement)
        return found


told = {}
for name, case in json.loads((folder / "cases.json").read_text())["cases"].items():
    index = {}
    for line in (folder / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        for version in row["versions"]:
            index.setdefault(canonicalize_name(row["name"]), {})[Version(version)] = [parse(d) for d in row["demands"]]
    least = None
    for _ in range(runs):
        provider = Provider(index)
        begin = time.process_time()
        try:
            resolvelib.Resolver(provider, resolvelib.BaseReporter()).resolve(
                [parse(d) for d in case["requested"]], max_rounds=500
            )
            outcome = "solution"
        except resolvelib.ResolutionImpossible:
            outcome = "unsolvable"
        except resolvelib.ResolutionTooDeep:
            outcome = "undecided"
        spent = time.process_time() - begin
        least = spent if least is None else min(least, spent)
    told[name] = {"seconds": least, "tried": provider.tried, "read": len(provider.read), "outcome": outcome}
print(json.dumps(told))
