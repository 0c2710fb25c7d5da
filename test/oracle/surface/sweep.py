"""Imports every module of old and new services on each other's libraries, and records what fails.

    python sweep.py --uv /path/to/uv --work DIR [--only nova@2024.1:2026.1] [--only nova] > sweeps.json

Not part of any test run: it installs from the package index and takes an hour on one core. The truth that
test/verbs/as-run.oracle.test.ts compares predictions with.

One environment for each host release, Python 3.11: what the five services need in any release (names from
../collisions/uv-closures.json), at the host's pins; a name that the host does not pin is at the newest pin of
another release. The service is installed alone into a folder of its own, put before them on the path, and only
the libraries that its closure reaches there are visible. Every module outside tests is imported (import_all.py);
the names that were gone are then put in place and the modules that failed are tried again, so that what the
first failure hid is seen too, until nothing new is gone. The control is the service on the libraries of its own
release: what fails there in the same way is left out.

For each `service@release:host`: `modules` tried, `failing` of them in the first pass, and `causes`: the name
that was gone, the kind of error, the first place in the service's code, the place that raised where that is a
library's, how many modules failed over it, and in which pass it was seen.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

SERVICES = ["keystone", "glance", "cinder", "neutron", "nova"]
PYTHON = "3.11"
MISSING = ("ModuleNotFoundError", "ImportError", "AttributeError")
HERE = pathlib.Path(__file__).resolve().parent


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(data, release):
    from packaging.requirements import Requirement

    pins = {}
    for line in (data / f"{release}.txt").read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        # `===` is arbitrary equality: packaging reads it, and pip would install it as it stands.
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"python_version": PYTHON}):
            continue
        pins[canonical(requirement.name)] = next(iter(requirement.specifier)).version
    return pins


def run(command, **more):
    return subprocess.run(command, check=True, text=True, capture_output=True, **more)


class Bench:
    def __init__(self, uv, work, data, closures):
        self.uv, self.work, self.data = uv, work, data
        self.releases = json.loads((data / "releases.json").read_text(encoding="utf-8"))
        self.pins = {release: pins_of(data, release) for release in self.releases}
        own = {canonical(self.releases["2025.1"]["services"][name]["distribution"]) for name in SERVICES}
        self.names = {
            name
            for key, answer in closures.items()
            if key.split("@")[0] in SERVICES
            for name in answer["pins"]
            if name not in own
        }
        self.floating = {
            name: version
            for key, answer in sorted(closures.items(), key=lambda one: one[0].split("@")[1])
            if key.split("@")[0] in SERVICES
            for name, version in answer["pins"].items()
        }
        self.env = {**os.environ, "UV_CACHE_DIR": str(work / "uv-cache"), "UV_LINK_MODE": "hardlink"}
        self.env["UV_CONCURRENT_BUILDS"] = "1"

    def version_on(self, name, host):
        if name == "setuptools":
            # No release pins it, and these releases import pkg_resources, which later ones no longer have.
            return "80.9.0"
        if name in self.pins[host]:
            return self.pins[host][name]
        for release in sorted(self.releases, reverse=True):
            if name in self.pins[release]:
                return self.pins[release][name]
        return self.floating[name]

    def host(self, release):
        """The interpreter of a host release's environment."""
        folder = self.work / f"host-{release}"
        python = folder / "bin/python"
        if (folder / "complete").exists():
            return python
        run([self.uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(folder)], env=self.env)
        wanted = [f"{name}=={self.version_on(name, release)}" for name in sorted(self.names)]
        install = [self.uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python)]
        try:
            run([*install, *wanted], env=self.env)
        except subprocess.CalledProcessError:
            # One after another: an old sdist that does not build any more is left out, and said so.
            for one in wanted:
                done = subprocess.run([*install, one], env=self.env, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    print(f"{release}: {one} does not install", file=sys.stderr, flush=True)
        (folder / "complete").touch()
        return python

    def service(self, service, release):
        shipped = self.releases[release]["services"][service]
        folder = self.work / f"{service}-{release}"
        if not (folder / "complete").exists():
            command = [self.uv, "pip", "install", "--quiet", "--no-deps", "--python", str(self.host(release))]
            command += ["--target", str(folder), f"{shipped['distribution']}=={shipped['version']}"]
            run(command, env=self.env)
            (folder / "complete").touch()
        return folder, shipped["distribution"], shipped["version"]

    def imports(self, host, service, release, heal=(), only=None):
        """Answers by module. A child that dies takes the module it was at with it, and another goes on after it."""
        folder, distribution, _ = self.service(service, release)
        command = [str(self.host(host)), str(HERE / "import_all.py"), "--service", str(folder)]
        command += ["--package", service, "--distribution", distribution]
        # One of each for a process: sweeps of several services run side by side.
        heal_file, only_file = self.work / f"heal-{os.getpid()}.json", self.work / f"only-{os.getpid()}.json"
        heal_file.write_text(json.dumps(list(heal)), encoding="utf-8")
        command += ["--heal", str(heal_file)]
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
        answers, left = {}, only
        for _ in range(20):
            more = []
            if left is not None:
                only_file.write_text(json.dumps(sorted(left)), encoding="utf-8")
                more = ["--only", str(only_file)]
            try:
                done = subprocess.run(
                    [*command, *more], env=env, cwd=home, capture_output=True, text=True, timeout=3600
                ).stdout
            except subprocess.TimeoutExpired as error:
                done = (error.stdout or b"").decode()
            begun = []
            for line in done.splitlines():
                answer = json.loads(line)
                if "begin" in answer:
                    begun.append(answer["begin"])
                elif "module" in answer:
                    answers[answer["module"]] = answer.get("error")
                else:
                    print(f"{service}@{release}:{host} {answer}", file=sys.stderr, flush=True)
            died = [name for name in begun if name not in answers]
            if not died:
                return answers
            answers[died[-1]] = {"kind": "Died", "name": None, "at": None, "in": None, "text": ""}
            everything = left if left is not None else None
            if everything is None:
                # The child's own order says what it had not come to yet.
                left = [name for name in modules(folder, service) if name not in answers]
            else:
                left = [name for name in everything if name not in answers]
            if not left:
                return answers
        return answers


def modules(folder, package):
    for path in sorted((folder / package).rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def same(one, other):
    return other is not None and (one["kind"], one["name"], one.get("text")) == (
        other["kind"],
        other["name"],
        other.get("text"),
    )


def sweep(bench, control, service, release, host):
    folder, distribution, version = bench.service(service, release)
    healed, causes, only = [], {}, None
    first = None
    for number in range(1, 8):
        answers = bench.imports(host, service, release, healed, only)
        failing = {
            name: error for name, error in answers.items() if error is not None and not same(error, control.get(name))
        }
        if first is None:
            first = (len(answers), failing)
        new = []
        for name, error in sorted(failing.items()):
            key = (error["kind"], error["name"], error.get("text"))
            if key not in causes:
                causes[key] = {**error, "modules": [], "pass": number}
                own = error["name"] is not None and error["name"].split(":")[0].split(".")[0] == service
                if error["kind"] in MISSING and error["name"] is not None and not own:
                    new.append([error["kind"], error["name"]])
            causes[key]["modules"].append(name)
        if not new:
            break
        healed += new
        only = sorted(failing)
    told = []
    for cause in causes.values():
        cause = {key: value for key, value in cause.items() if value is not None}
        if cause.get("in") == cause.get("at"):
            cause.pop("in", None)
        found = sorted(set(cause.pop("modules")))
        told.append({**cause, "modules": len(found), "first": found[0]})
    return {
        "version": version,
        "modules": first[0],
        "failing": len(first[1]),
        "failed": sorted(first[1]),
        "causes": told,
    }


def hops(releases):
    names = sorted(releases)
    slurp = [name for name in names if releases[name]["slurp"]]
    pairs = [*zip(names, names[1:]), *zip(slurp, slurp[1:])]
    # Old code on new libraries first: that is what declared metadata cannot see.
    ahead = [(old, new) for old, new in reversed(pairs)]
    return [*ahead, *((new, old) for old, new in ahead)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, default=HERE.parents[2] / "constraints")
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    closures = json.loads((HERE.parent / "collisions/uv-closures.json").read_text(encoding="utf-8"))
    bench = Bench(options.uv, options.work, options.data, closures)
    lines = []
    for release, host in hops(bench.releases):
        for service in SERVICES:
            key = f"{service}@{release}:{host}"
            if options.only is not None and not {key, service}.intersection(options.only):
                continue
            kept = options.work / f"{key}.json"
            if not kept.exists():
                control_file = options.work / f"control-{service}@{release}.json"
                if not control_file.exists():
                    control_file.write_text(json.dumps(bench.imports(release, service, release)), encoding="utf-8")
                control = json.loads(control_file.read_text(encoding="utf-8"))
                kept.write_text(json.dumps(sweep(bench, control, service, release, host)), encoding="utf-8")
            found = json.loads(kept.read_text(encoding="utf-8"))
            print(key, found["failing"], "of", found["modules"], file=sys.stderr, flush=True)
            lines.append(f" {json.dumps(key)}: {json.dumps(found, sort_keys=True)}")
    print("{\n" + ",\n".join(sorted(lines)) + "\n}")


if __name__ == "__main__":
    main()
