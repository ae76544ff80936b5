"""Where the Java side is, and how it is started."""

import os
from pathlib import Path

from ballast.errors import EnvironmentMissingError

HOME = "BALLAST_HOME"


def home() -> Path:
    """The folder of Ballast with its launcher: BALLAST_HOME, or the checkout that this package lies in.

    Raises:
        EnvironmentMissingError: there is none.
    """
    named = os.environ.get(HOME)
    folder = Path(named) if named else Path(__file__).resolve().parents[2]
    if (folder / "ballast").is_file() and (folder / "pom.xml").is_file():
        return folder
    found = f"{HOME}={named}, which is no such folder" if named else f"no {HOME}, and a package that lies in none"
    raise EnvironmentMissingError(
        f"expected Ballast's own folder, with its launcher 'ballast' and its pom.xml, which starts the Java side; "
        f"found {found}. Clone the repository, run ./ballast setup in it, and set {HOME} to it"
    )


def launcher() -> Path:
    """The launcher, a shell script.

    Raises:
        EnvironmentMissingError: as `home`.
    """
    return home() / "ballast"
