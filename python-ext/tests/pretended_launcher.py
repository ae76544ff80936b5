"""A launcher that only pretends to run: what a test of `ballast.run` needs of the Java side."""

import sys
from pathlib import Path

PRETENDS = '''#!{python}
import json, os, signal, sys, time
arguments = sys.argv[1:]
home = os.path.dirname(os.path.abspath(__file__))
told = {{"arguments": arguments, "given": sys.stdin.read()}}
open(home + "/told.json", "w").write(json.dumps(told))
plan = json.load(open(home + "/plan.json"))
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
lines = open(arguments[arguments.index("--events") + 1], "w")
def event(kind, step=0, **fields):
    print(json.dumps(dict(time="2026-11-28T15:28:19.200296456Z", type=kind, phase="domain", step=step, **fields)),
          file=lines, flush=True)
event("started", name="pretended", folder=plan.get("folder", home + "/run"))
event("warning", message="one row was cut")
for step in range(1, 4):
    event("step", step, steps=3, loss=6.0 / step)
while plan.get("endless") and not stopped:
    time.sleep(0.01)
if stopped:
    open(home + "/stopped", "w").close()
print("what it says at last", file=sys.stderr)
if "answer" in plan:
    print(json.dumps(plan["answer"]))
lines.close()
sys.exit(plan["code"])
'''


def write(folder: Path) -> None:
    """Makes the folder one of Ballast, whose launcher does what its plan.json says."""
    (folder / "ballast").write_text(PRETENDS.format(python=sys.executable))
    (folder / "ballast").chmod(0o755)
    (folder / "pom.xml").touch()
    (folder / "plan.json").write_text('{"code": 0, "answer": {}}')
