"""A run as a Python person starts it: an experiment's file, then what is asked of it."""

import json
import os
import sys
from pathlib import Path

import ballast

experiment, asked = sys.argv[1:]
os.chdir(Path(experiment).parent)
if asked == "frames":
    heard = []
    run = ballast.run(json.loads(Path(experiment).read_text()), overrides={"name": "frames"}, on_event=heard.append)
    scores = run.result.scores_frame().set_index(["stage", "metric"])["value"]
    steps = [event.step for event in heard if event.type == "step" and event.phase == "domain"]
    print(run.folder.name.partition("-")[0], sorted(scores["domain"].keys()), steps, len(run.losses_frame()))
elif asked == "wrong":
    try:
        ballast.run(experiment, overrides={"retention.method": "nonsense"}, progress=False)
    except ballast.InvalidInputError as error:
        print(error.exit_code, str(error))
elif asked == "interrupted":

    def interrupt(event):
        if event.type == "step" and event.phase == "domain":
            raise KeyboardInterrupt

    try:
        ballast.run(experiment, overrides={"domain.steps": 1_000_000}, on_event=interrupt, progress=False)
    except KeyboardInterrupt as stopped:
        run = ballast.Run(stopped.__notes__[0].partition(": ")[2])
        print(run.result.status, (run.model / "model.safetensors").is_file())
