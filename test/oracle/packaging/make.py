# /// script
# requires-python = ">=3.11"
# dependencies = ["packaging==26.3"]
# ///
"""Writes what pypa/packaging 26.3 answers, beside this file; the tests of src/pep compare every row.

    uv run test/oracle/packaging/make.py

The answers depend on nothing but this file and that version of packaging.
"""

import json
import random
from pathlib import Path
from unittest import mock

import packaging
from packaging import _manylinux, metadata, tags, utils
from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from tables import (
    DESCRIPTIONS,
    ENVIRONMENTS,
    MARKERS,
    NAMES,
    REQUIREMENTS,
    SETS,
    SPECIFIERS,
    VERSIONS,
    WHEELS,
)

if packaging.__version__ != "26.3":
    raise SystemExit(f"packaging 26.3 is needed, this is {packaging.__version__}")

here = Path(__file__).parent
chance = random.Random(440)


def write(name, answers):
    text = json.dumps(answers, separators=(",", ":"))
    (here / f"{name}.json").write_text(text + "\n")


def version_or_none(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def specifiers_or_none(text):
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def random_version():
    """Mostly a version, in every spelling that PEP 440 allows; sometimes broken."""
    pick = chance.choice
    number = lambda: pick(["0", "1", "1", "2", "3", "10", "01", "007", "9007199254740993", "9007199254740992", ""])
    text = pick(["", "", "", "", "v", "V", " ", "\t"])
    text += pick(["", "", "", "", "0!", "1!", "01!"])
    text += ".".join(number() or "0" for _ in range(chance.randint(1, 4)))
    if chance.random() < 0.4:
        text += pick(["", ".", "-", "_"]) + pick(["a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "RC", "A"])
        text += pick(["", "", ".", "-", "_"]) + number()
    if chance.random() < 0.3:
        text += pick(["-1", "-2", ".post", ".post1", "post2", "-r3", "_rev1", ".post.2", "-post-1", "rev"])
    if chance.random() < 0.3:
        text += pick([".dev", ".dev0", ".dev1", "dev2", "-dev-1", "_dev_3", ".DEV1"])
    if chance.random() < 0.3:
        text += "+" + pick(["abc", "1", "01", "ubuntu.1", "ubuntu-2", "a_b", "1.a", "5", "10", "A", "abc.7.z", "1b"])
    return text + pick(["", "", "", "", "", " ", "\n"])


def mutate(text, alphabet):
    """One to three small damages."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        kind = chance.random()
        if kind < 0.4:
            text = text[:at] + chance.choice(alphabet) + text[at:]
        elif kind < 0.8:
            text = text[:at] + text[at + 1 :]
        else:
            text = text[:at] + chance.choice(alphabet) + text[at + 1 :]
    return text


def versions():
    texts = list(dict.fromkeys(VERSIONS + [random_version() for _ in range(800)]))
    texts += [mutate(chance.choice(texts), " .-_+!v0159abcdeprostv*\x1c\xa0") for _ in range(900)]
    texts = list(dict.fromkeys(texts))
    parsed = {text: version_or_none(text) for text in texts}
    valid = [text for text in texts if parsed[text] is not None]
    ordered = sorted(chance.sample(valid, 400) + VERSIONS_VALID, key=lambda text: parsed[text])
    groups = []
    for text in dict.fromkeys(ordered):
        if groups and parsed[groups[-1][0]] == parsed[text]:
            groups[-1].append(text)
        else:
            groups.append([text])
    write(
        "versions",
        {
            "canonical": [[text, None if parsed[text] is None else str(parsed[text])] for text in texts],
            "facts": [
                [text, v.is_prerelease, v.public, v.local, v.epoch, list(v.release), v.pre, v.post, v.dev]
                for text in VERSIONS_VALID
                for v in [parsed[text]]
            ],
            "order": groups,
        },
    )


VERSIONS_VALID = [text for text in VERSIONS if version_or_none(text) is not None]


def specifiers():
    candidates = [text for text in VERSIONS if len(text) < 40]
    sets = list(dict.fromkeys(SPECIFIERS + SETS))
    rows = []
    for text in sets:
        parsed = SpecifierSet(text)
        cells = ""
        for candidate in candidates:
            bits = [parsed.contains(candidate, prereleases=mode) for mode in (None, True, False)]
            cells += str(bits[0] + 2 * bits[1] + 4 * bits[2])
        rows.append([text, str(parsed), cells])
    lists = [
        ["1.0", "1.5a1", "2.0", "0.9"],
        ["1.0a1", "1.0.dev0", "2.0rc1"],
        ["weird", "1.0a1", "1.0"],
        ["1.0a1", "weird", "2.0a1"],
        ["1.0+local", "1.0", "1.0.post1", "1.0a1", "WEIRD"],
        [],
        candidates,
    ]
    filtered = []
    for text in sets:
        parsed = SpecifierSet(text)
        for mode in (None, True, False):
            kept = []
            for items in lists:
                positions = iter(range(len(items)))
                pairs = [(next(positions), item) for item in items]
                kept.append([at for at, _ in parsed.filter(pairs, prereleases=mode, key=lambda pair: pair[1])])
            # Of the long list the places are too many to keep: their number and a checksum do.
            long = kept.pop()
            filtered.append([text, mode, kept, [len(long), sum(at * at for at in long)]])
    texts = []
    for _ in range(1500):
        operator = chance.choice(["~=", "==", "!=", "<=", ">=", "<", ">", "===", "=", "", "~==", "===="])
        text = chance.choice(["", " "]) + operator + chance.choice(["", " ", "\t"]) + random_version().strip()
        text += chance.choice(["", "", "", ".*", " ", ","])
        if chance.random() < 0.3:
            text = mutate(text, " .,-+*=<>!~v01abc;)")
        texts.append(text)
    parsed = [(text, specifiers_or_none(text)) for text in dict.fromkeys(texts)]
    write(
        "specifiers",
        {
            "candidates": candidates,
            "contains": rows,
            "lists": lists[:-1],
            "filter": filtered,
            "syntax": [[text, None if found is None else str(found)] for text, found in parsed],
        },
    )


def answer(marker, environment, context):
    try:
        return "01"[marker.evaluate(environment, context)]
    except (UndefinedComparison, UndefinedEnvironmentName):
        return "e"


def markers():
    texts = list(MARKERS)
    texts += [mutate(chance.choice(MARKERS), " ()'\"<>=!~andorit_.\\34é") for _ in range(900)]
    values = ["3.11", "3.11.4", "3.*", "2", "linux", "posix", "x86_64", "", "3.10 3.11", "CPython", "6.1.0-9", "3.11rc1"]
    names = ["python_version", "python_full_version", "os_name", "sys_platform", "platform_machine", "extra"]
    names += ["platform_release", "implementation_version", "platform_python_implementation"]
    operators = ["==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in"]
    for _ in range(500):
        parts = []
        for _ in range(chance.randint(1, 4)):
            sides = [chance.choice(names), f'"{chance.choice(values)}"']
            if chance.random() < 0.3:
                sides.reverse()
            parts.append(f"{sides[0]} {chance.choice(operators)} {sides[1]}")
            if chance.random() < 0.3 and len(parts) > 1:
                joined = chance.choice([" and ", " or "]).join(parts)
                parts = [f"({joined})"]
        text = parts[0]
        for part in parts[1:]:
            text += chance.choice([" and ", " or "]) + part
        texts.append(text)
    rows = []
    for text in dict.fromkeys(texts):
        try:
            marker = Marker(text)
        except InvalidMarker:
            rows.append([text])
            continue
        try:
            shown = str(marker)
        except ValueError:
            shown = None
        rows.append([text, shown, "".join(answer(marker, *environment) for environment in ENVIRONMENTS.values())])
    shown = {
        name: {
            key: sorted(value) if isinstance(value, (set, frozenset)) else value for key, value in environment[0].items()
        }
        for name, environment in ENVIRONMENTS.items()
    }
    write("markers", {"environments": shown, "rows": rows})


def requirements():
    texts = list(REQUIREMENTS)
    texts += [mutate(chance.choice(REQUIREMENTS), " \t[](),;@<>=!~.-_*+'\"0aéо\n") for _ in range(2500)]
    rows = []
    for text in dict.fromkeys(texts):
        try:
            found = Requirement(text)
        except InvalidRequirement:
            rows.append([text])
            continue
        extras = sorted({utils.canonicalize_name(extra) for extra in found.extras})
        try:
            marker = None if found.marker is None else str(found.marker)
        except ValueError:
            continue
        rows.append([text, found.name, extras, str(found.specifier), found.url, marker])
    write("requirements", rows)


def filenames():
    wheels = []
    for text in WHEELS + [mutate(chance.choice(WHEELS), "-_.0aé+!") for _ in range(400)]:
        try:
            name, version, build, found = utils.parse_wheel_filename(text)
        except utils.InvalidWheelFilename:
            wheels.append([text])
            continue
        wheels.append([text, name, str(version), "".join(map(str, build)), sorted(map(str, found))])
    names = [[text, utils.canonicalize_name(text), utils._validate_regex.fullmatch(text) is not None] for text in NAMES]
    write("filenames", {"wheels": wheels, "names": names})


def supported():
    rows = []
    for python, machine, glibc in [
        ("3.8", "x86_64", (2, 31)),
        ("3.9", "x86_64", (2, 31)),
        ("3.10", "x86_64", (2, 35)),
        ("3.11", "x86_64", (2, 36)),
        ("3.11", "aarch64", (2, 36)),
        ("3.12", "x86_64", (2, 17)),
        ("3.12", "aarch64", (2, 39)),
        ("3.13", "x86_64", (2, 41)),
        ("3.14", "x86_64", (2, 5)),
        ("3.14", "aarch64", (2, 41)),
    ]:
        version = tuple(map(int, python.split(".")))
        short = python.replace(".", "")
        with (
            mock.patch.object(_manylinux, "_get_glibc_version", lambda glibc=glibc: _manylinux._GLibCVersion(*glibc)),
            mock.patch.object(_manylinux, "_have_compatible_abi", lambda executable, archs: True),
            mock.patch.object(_manylinux, "_get_manylinux_module", lambda: None),
            mock.patch.object(tags._musllinux, "platform_tags", lambda archs: []),
            mock.patch.object(tags.sysconfig, "get_platform", lambda machine=machine: f"linux-{machine}"),
        ):
            platforms = list(tags._linux_platforms(is_32bit=False))
            found = [*tags.cpython_tags(version, [f"cp{short}"], platforms)]
            found += tags.compatible_tags(version, f"cp{short}", platforms)
        shown = [str(tag) for tag in found]
        rows.append([python, machine, ".".join(map(str, glibc)), platforms, len(shown), digest(shown), shown[:5]])
    write("tags", rows)


def digest(lines):
    import hashlib

    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def descriptions():
    """Core metadata: the fields as packaging reads them from text."""
    fields = ["metadata_version", "name", "version", "requires_python", "requires_dist", "provides_extra", "dynamic"]
    fields += ["summary", "license", "license_expression"]
    rows = []
    whole = [text for text in DESCRIPTIONS if "Metadata-Version" in text]
    texts = DESCRIPTIONS + [mutate(chance.choice(whole), "\r\n\n \t:aF") for _ in range(300)]
    for text in dict.fromkeys(texts):
        raw, unparsed = metadata.parse_email(text)
        rows.append([text, {field: raw[field] for field in fields if field in raw}, sorted(set(unparsed))])
    write("descriptions", rows)


versions()
specifiers()
markers()
requirements()
filenames()
supported()
descriptions()
