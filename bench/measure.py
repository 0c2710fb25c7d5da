"""Runs one command and prints, as JSON, its wall and processor seconds, peak resident MiB and exit code.

usage: measure.py OUTPUT_FILE PROGRAM [ARGUMENT...]    (the command's stdout goes to OUTPUT_FILE)
"""
import json
import os
import signal
import sys
import time

output, command = sys.argv[1], sys.argv[2:]
begin = time.perf_counter()
child = os.fork()
if child == 0:
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(sink, 1)
    os.execvp(command[0], command)

def end(*_):
    """Whoever ends the measuring ends what is measured."""
    os.kill(child, signal.SIGKILL)
    sys.exit(1)


signal.signal(signal.SIGTERM, end)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - begin
print(json.dumps({
    "seconds": round(seconds, 4),
    "cpu": round(usage.ru_utime + usage.ru_stime, 4),
    "mebibytes": round(usage.ru_maxrss / 1024, 1),
    "exit": os.waitstatus_to_exitcode(status),
}))
