"""Draws what `ballast bench growth --json` has printed: a picture for each axis, time on the left and memory on the right.

    uv run --no-project --with matplotlib python python-ext/benchmarks/growth_pictures.py docs/growth.json docs

Needs matplotlib, which Ballast itself does not.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

ROW = re.compile(r"growth/(?P<axis>\w+)=(?P<value>[\d.e+]+), (?P<what>.*): (?P<unit>s|MB)")
AXES = {
    "parameters": "parameters",
    "context": "tokens of the row",
    "rows": "rows of data",
    "domains": "domain in the sequence",
}
TITLES = {"s": "seconds", "MB": "MB"}


def draw(axis: str, lines: dict[tuple[str, str], list[tuple[float, float, float]]], folder: Path) -> None:
    """One picture; `lines` have by (what, unit) a value on the axis, ours and theirs at each point."""
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for panel, unit in zip(panels, TITLES, strict=True):
        for (what, of), points in lines.items():
            if of != unit:
                continue
            values, ours, theirs = zip(*points, strict=True)
            has_plain = axis in ("parameters", "context")
            (line,) = panel.plot(values, ours, marker="o", label=f"{what}, retention" if has_plain else what)
            if has_plain:
                panel.plot(values, theirs, marker=".", ls="--", color=line.get_color(), label=f"{what}, without")
        if axis == "rows":
            panel.set_xscale("log")
        if axis == "rows" and unit == "s":
            panel.set_yscale("log")
        else:
            panel.set_ylim(0, 1.08 * panel.dataLim.y1)
        panel.set_xlabel(AXES[axis])
        panel.set_ylabel(TITLES[unit])
        panel.grid(alpha=0.3)
    panels[0].legend(fontsize="small")
    figure.savefig(folder / f"growth-{axis}.svg", metadata={"Date": None})
    pyplot.close(figure)


def main() -> None:
    axes: dict[str, dict] = defaultdict(lambda: defaultdict(list))
    for row in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        if found := ROW.fullmatch(row["name"]):
            point = (float(found["value"]), row["ours"], row["theirs"])
            axes[found["axis"]][found["what"], found["unit"]].append(point)
    for axis, lines in axes.items():
        draw(axis, lines, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
