"""Repeats the demo with other seeds, everything drawn anew: world, pretraining, phases. Prints docs/demo.md's table.

    python examples/demo/seeds.py                                    # the committed strengths, seeds 9 10 11 12
    python examples/demo/seeds.py --seeds 1 2 3 7 8 --l2 2 3 5 --hierarchical 4 6     # how they were chosen
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean

DEMO = Path(__file__).resolve().parent
BALLAST = DEMO.parents[1] / "ballast"


def make_world(folder: Path, seed: int) -> None:
    """A folder like this one, so that the experiments' relative paths hold there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("plain", "l2", "hierarchical"):
        shutil.copy(DEMO / f"{name}.json", folder)
    if not (folder / "world" / "model" / "model.safetensors").exists():
        subprocess.run([sys.executable, DEMO / "make_world.py", "--out", folder / "world", "--seed", str(seed)],
                       check=True, stdout=sys.stderr)


def run(folder: Path, seed: int, method: str, strength: float | None) -> dict:
    """The result of one run; kept, so that an interrupted series goes on where it stopped."""
    kept = folder / f"{method}-{strength}.result.json"
    if not kept.exists():
        command = [BALLAST, "run", folder / f"{method}.json", "--quiet", "--json", "--set", f"seed={seed}",
                   "--set", f"output={folder / 'runs'}"]
        if strength is not None:
            command += ["--set", f"retention.lambda={strength}"]
        kept.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return json.loads(kept.read_text(encoding="utf-8"))


def accuracy(result: dict, stage: str, role: str) -> float:
    return next(score["value"] for score in result["scores"]
                if (score["stage"], score["role"], score["metric"]) == (stage, role, "acc"))


def print_table(rows: list[tuple[str, list[dict]]], seeds: list[int]) -> None:
    base = [accuracy(result, "base", "general") for result in rows[0][1]]
    plain = [accuracy(result, "domain", "general") for result in rows[0][1]]
    print("| | " + " | ".join(f"seed {seed}: general / domain" for seed in seeds) + " | mean | of plain's loss kept |")
    print("|---|" + "---|" * (len(seeds) + 2))
    print("| before | " + " | ".join(f"{value:.3f}" for value in base) + f" | {mean(base):.3f} | |")
    for name, results in rows:
        general = [accuracy(result, "domain", "general") for result in results]
        domain = [accuracy(result, "domain", "domain") for result in results]
        kept = [(g - p) / (b - p) for g, p, b in zip(general, plain, base)]
        cells = [f"{g:.3f} / {d:.3f}" for g, d in zip(general, domain)]
        print(f"| {name} | " + " | ".join(cells) + f" | {mean(general):.3f} / {mean(domain):.3f} | "
              f"{', '.join(f'{share:.2f}' for share in kept)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[9, 10, 11, 12])
    parser.add_argument("--l2", type=float, nargs="*", default=[None], help="strengths; by default the experiment's")
    parser.add_argument("--hierarchical", type=float, nargs="*", default=[None])
    parser.add_argument("--out", type=Path, default=DEMO.parents[1] / "runs" / "demo-seeds")
    arguments = parser.parse_args()
    folders = {seed: arguments.out.resolve() / f"seed-{seed}" for seed in arguments.seeds}
    for seed, folder in folders.items():
        make_world(folder, seed)
    rows = []
    for method, strengths in (("plain", [None]), ("l2", arguments.l2), ("hierarchical", arguments.hierarchical)):
        for strength in strengths:
            name = method if strength is None else f"{method}, λ = {strength:g}"
            rows.append((name, [run(folder, seed, method, strength) for seed, folder in folders.items()]))
    print_table(rows, arguments.seeds)


if __name__ == "__main__":
    main()
