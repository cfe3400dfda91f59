"""The jars of Apache Kafka, fetched by their Maven coordinates once and kept in a cache."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

_POM = Path(__file__).with_name("pom.xml")


class NoBroker(Exception):  # noqa: N818 - it says what there is not
    """A Kafka broker cannot run here, with the reason."""


def kafka_jars() -> Path:
    """Give the folder of the jars, fetching them the first time. Raises NoBroker."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NoBroker(f"{program} is not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "riskdesk"
    folder = cache / f"kafka-{sha256(_POM.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            _fetch(Path(draft) / "jars")
            try:
                (Path(draft) / "jars").rename(folder)
            except OSError:
                # Another process was quicker; what it has is the same.
                if not folder.is_dir():
                    raise
    return folder


def _fetch(folder: Path) -> None:
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(_POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoBroker(f"Maven could not fetch Kafka: {done.stdout[-800:]}")
