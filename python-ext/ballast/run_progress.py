"""How far a run is, shown to the person who waits for it."""

import contextlib
import sys

from ballast.artifacts import Event

_COUNTED = {"step": "steps", "scoring": "total", "writing": "total"}


class RunProgress(contextlib.AbstractContextManager):
    """A bar for each phase and each evaluation: in a terminal, or in a notebook where its widgets are there."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._bar = None
        self._of: tuple[str, str] | None = None

    def show(self, event: Event) -> None:
        """Moves the bar to where the event says; a warning is printed, other events leave it."""
        if self._shown and event.type == "warning":
            print(f"warning: {event.fields['message']}", file=sys.stderr)
        if not self._shown or event.type not in _COUNTED:
            return
        if (event.type, event.phase) != self._of:
            self._begin(event)
        self._bar.n = event.step
        if event.type == "step":
            self._bar.set_postfix(loss=f"{event.fields['loss']:.3f}", refresh=False)
        self._bar.refresh()

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _begin(self, event: Event) -> None:
        from tqdm.auto import tqdm

        if self._bar is not None:
            self._bar.close()
        self._of = (event.type, event.phase)
        what = event.phase if event.type == "step" else f"{event.type} {event.phase}"
        self._bar = tqdm(total=event.fields[_COUNTED[event.type]], desc=what)
