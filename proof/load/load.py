"""Steady load by openstacksdk: tokens and images, every request with its time and its answer as a line of JSON.

Arguments: file of the record, file whose presence ends it, longest time in seconds, what to ask (tokens,images).
Lines: {"kind": "request", "at": Unix time of its begin, "seconds", "method", "path", "status" or "error",
"service", "fine"} for what went over the wire, {"kind": "operation", ...} for what a user wanted of it.
"""

import hashlib
import json
import os
import sys
import threading
import time

import keystoneauth1.session
import requests
from keystoneauth1.identity import v3
from openstack.connection import Connection

IDENTITY = "http://127.0.0.1:5000/v3"
PASSWORD = "proof"

record_path, stop_path, longest, wanted = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4].split(",")
record = open(record_path, "a", buffering=1)
lock = threading.Lock()
end = time.time() + longest


def write(**entry):
    with lock:
        record.write(json.dumps(entry) + "\n")


class Recorded(requests.adapters.HTTPAdapter):
    """Writes down each exchange before keystoneauth1 or the SDK can try again."""

    def send(self, request, **options):
        at, began = time.time(), time.perf_counter()
        entry = {"kind": "request", "at": at, "method": request.method, "path": request.path_url.split("?")[0]}
        entry["service"] = "keystone" if ":5000" in request.url else "glance"
        try:
            answer = super().send(request, **options)
        except Exception as error:
            write(**entry, seconds=time.perf_counter() - began, error=repr(error), fine=False)
            raise
        seconds = time.perf_counter() - began
        # The SDK asks first whether the name of a new image is the id of one: no is the answer that it wants.
        asked = answer.status_code == 404 and entry["method"] == "GET" and entry["path"] == "/v2/images/proof"
        write(**entry, seconds=seconds, status=answer.status_code, fine=answer.status_code < 400 or asked)
        return answer


def session():
    http = requests.Session()
    http.mount("http://", Recorded())
    auth = v3.Password(
        auth_url=IDENTITY, username="admin", password=PASSWORD, project_name="admin",
        user_domain_name="Default", project_domain_name="Default",
    )
    return keystoneauth1.session.Session(auth=auth, session=http, timeout=60)


def tokens(sdk):
    """A new token, validated."""
    fresh = session()
    token = fresh.get_token()
    answer = fresh.get(IDENTITY + "/auth/tokens", headers={"X-Subject-Token": token})
    assert answer.json()["token"]["user"]["name"] == "admin"


def images(sdk):
    """An image's life: created, filled, listed, read back the same, deleted."""
    data = os.urandom(256 * 1024)
    image = sdk.image.create_image(
        name="proof", data=data, disk_format="raw", container_format="bare", use_import=False, validate_checksum=True
    )
    try:
        assert image.id in [one.id for one in sdk.image.images()], "not listed"
        back = sdk.image.download_image(image.id, stream=False).content
        assert hashlib.sha256(back).digest() == hashlib.sha256(data).digest(), "other bytes"
    finally:
        sdk.image.delete_image(image.id)


def loop(name, work, interval):
    sdk = Connection(session=session(), region_name="RegionOne", identity_interface="public")
    due = time.time()
    while time.time() < end and not os.path.exists(stop_path):
        at, began, error = time.time(), time.perf_counter(), None
        try:
            work(sdk)
        except Exception as problem:
            error = repr(problem)
        write(kind="operation", at=at, seconds=time.perf_counter() - began, name=name, fine=error is None, error=error)
        due = max(due + interval, time.time() - interval)
        time.sleep(max(0, due - time.time()))


loops = []
if "tokens" in wanted:
    loops += [("token", tokens, 0.5)] * 2
if "images" in wanted:
    loops += [("image", images, 1.5)] * 2
threads = [threading.Thread(target=loop, args=each) for each in loops]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
