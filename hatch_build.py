"""Builds the part in C with the compiler that built Python; without it Python does the same, slower."""

import shlex
import subprocess
import sys
import sysconfig
from hashlib import blake2b
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
NATIVE = ROOT / "native"
# Where the modules are put that the folders of native/ become.
BUILT = {
    NATIVE / folder: ROOT / package / f"_hot{sysconfig.get_config_var('EXT_SUFFIX')}"
    for folder, package in (("risk", "domain"), ("intake", "connectors"), ("flow", "flows"))
}
# No fused operations and none of the compiler's own: floats must come out as Python has them.
FLAGS = ("-O2", "-fPIC", "-shared", "-fno-builtin", "-ffp-contract=off", "-fvisibility=hidden")


def sources_digest() -> str:
    """Give a digest of all that the modules are made of."""
    sources = b"".join(path.read_bytes() for path in sorted(NATIVE.rglob("*.[ch]")))
    return blake2b(sources, digest_size=8).hexdigest()


def build() -> None:
    """Compile each folder into one module. Raises CalledProcessError or OSError without a compiler."""
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    said = [f'-DSOURCES="{sources_digest()}"', "-I", sysconfig.get_path("include")]
    for folder, built in BUILT.items():
        draft = built.with_name(f".{built.name}.draft")
        try:
            subprocess.run(
                [*compiler, *FLAGS, *said, *sorted(folder.glob("*.c")), "-o", draft, "-lm"], check=True
            )
            draft.replace(built)  # at once: a process may have the old one open
        finally:
            draft.unlink(missing_ok=True)


class NativeBuild(BuildHookInterface[Any]):
    """Compiles while a wheel or an editable installation is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build; say so where that cannot be done, and go on."""
        try:
            build()
        except (OSError, subprocess.CalledProcessError) as error:
            for built in BUILT.values():
                built.unlink(missing_ok=True)
            self.app.display_warning(f"no part in C, which is slower and gives the same: {error}")
            return
        build_data["artifacts"] += [f"/{built.relative_to(ROOT)}" for built in BUILT.values()]
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


if __name__ == "__main__":
    build()
    sys.exit(0)
