"""Reads inputs as CPython's zipfile and tarfile and pypa/packaging do, and tells what it made of each.

One JSON object a line on stdin: {"kind", "input" (base64), "ours" (text or null)}. One a line on stdout:
{"no": why it was refused} or {"entries": [[name, kind, sha256]]} for archives; for texts {"same": whether what
svcsplit wrote of it means the same to packaging}, or {"yes": how packaging writes it} where svcsplit refused.
"""

import base64
import hashlib
import io
import json
import sys
import tarfile
import zipfile
import zlib

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

kinds = {"version": Version, "specifier": SpecifierSet, "requirement": Requirement, "marker": Marker}
environments = [
    {**default_environment(), "python_version": version, "python_full_version": f"{version}.1", "extra": extra,
     "sys_platform": platform, "os_name": "posix", "platform_machine": "x86_64"}
    for version in ["3.8", "3.11"] for extra in ["", "x"] for platform in ["linux", "win32"]
]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def read_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [
            [info.filename, "folder" if info.is_dir() else "file", digest(archive.read(info))]
            for info in archive.infolist()
        ]


def read_tar(data):
    found = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            content = b""
            if member.isreg():
                content = archive.extractfile(member).read()
                if len(content) != member.size:
                    raise tarfile.ReadError("unexpected end of data")
            kind = "folder" if member.isdir() else "file" if member.isreg() else "other"
            found.append([member.name, kind, digest(content)])
    return found


def value(marker, environment):
    try:
        return marker.evaluate(environment)
    except Exception as error:
        return type(error).__name__


def shown(thing):
    """Numbers of more than 4300 digits are more than Python writes."""
    try:
        return str(thing)
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def markers_alike(one, other):
    return shown(one) == shown(other) or all(value(one, where) == value(other, where) for where in environments)


def alike(kind, one, other):
    if kind == "marker":
        return markers_alike(one, other)
    if kind == "requirement":
        facts = [[each.name, sorted(map(canonicalize_name, each.extras)), each.specifier, each.url] for each in (one, other)]
        if facts[0] != facts[1] or (one.marker is None) != (other.marker is None):
            return False
        return one.marker is None or markers_alike(one.marker, other.marker)
    return one == other


def answer(kind, data, ours):
    try:
        if kind == "zip":
            return {"entries": read_zip(data)}
        if kind == "tar":
            return {"entries": read_tar(data)}
        theirs = kinds[kind](data.decode("utf-8", "replace"))
    except (Exception, zlib.error) as error:
        return {"no": f"{type(error).__name__}: {error}"}
    if ours is None:
        return {"yes": shown(theirs)}
    try:
        return {"same": alike(kind, theirs, kinds[kind](ours)), "yes": shown(theirs)}
    except Exception as error:
        return {"same": False, "yes": shown(theirs), "why": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(answer(case["kind"], base64.b64decode(case["input"]), case["ours"])))
