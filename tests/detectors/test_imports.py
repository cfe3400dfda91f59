"""Detectors are light: they learn nothing with models, and bring no engine."""

import subprocess
import sys

HEAVY = ("river", "bytewax", "pandas", "numpy", "scipy", "sqlite3")


def test_looking_at_the_detectors_imports_nothing_heavy() -> None:
    asked = f"import sys, detectors; detectors.available(); print([m for m in {HEAVY} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
