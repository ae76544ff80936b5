"""What lm-eval's own functions make of a folder of results, as its scripts for Zeno and for tables use them.

    python lm_eval_tools.py FOLDER

Prints JSON: {"results": the file's name, "samples": {task: rows}, "table", "groups": what lm-eval prints at the end}.
"""

import json
import sys
from pathlib import Path

from lm_eval.utils import (
    get_file_task_name,
    get_latest_filename,
    get_results_filenames,
    get_sample_results_filenames,
    make_table,
)

files = [str(file) for file in Path(sys.argv[1]).iterdir()]
latest = Path(get_latest_filename(get_results_filenames(files)))
results = json.loads(latest.read_text())
samples = {}
for file in map(Path, get_sample_results_filenames(files)):
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    samples[get_file_task_name(file.name)] = len(rows)
json.dump(
    {
        "results": latest.name,
        "samples": samples,
        "table": make_table(results),
        "groups": make_table(results, "groups"),
    },
    sys.stdout,
)
