"""The folder list, the wheel and the import rules agree, the names are ours alone, and the rules bite."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from cli.main import OURS

ROOT = Path(__file__).parent.parent
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
# Packages that stay in the repository.
NOT_SHIPPED = {"benchmarks"}
PACKAGES = sorted({file.parent.name for file in ROOT.glob("*/__init__.py")} - NOT_SHIPPED)
MADE_HERE = {"__pycache__", "dist", "var"}
LONGEST = 300

# For each import rule files that break it, and what they import.
PLANTED = [
    ("Imports point down", "domain/planted.py", "import detectors"),
    ("Imports point down", "detectors/planted.py", "import cases"),
    ("Imports point down", "learning/planted.py", "import cases"),
    ("Imports point down", "connectors/planted.py", "import flows"),
    ("Imports point down", "devices/planted.py", "import cases"),
    ("Imports point down", "devices/planted.py", "import config"),
    ("Imports point down", "flows/planted.py", "import cli"),
    ("Imports point down", "tuning/planted.py", "import desk"),
    ("The web desk knows the cases alone", "desk/planted.py", "import connectors"),
    ("The web desk knows the cases alone", "desk/planted.py", "import detectors"),
    ("Detectors do not know each other", "detectors/planted.py", "import detectors.impossible_travel"),
    ("Detectors do no input or output", "detectors/planted.py", "import sqlite3"),
    ("Detectors do no input or output", "domain/planted.py", "import socket"),
    ("Only flows and connectors know the engine", "cases/planted.py", "import bytewax"),
    ("Settings stop at the edge", "connectors/planted.py", "import config.settings"),
    ("Settings know detectors alone", "config/planted.py", "import cases"),
    (
        "Ways in and out know neither detectors nor what is learnt",
        "connectors/planted.py",
        "import detectors.base",
    ),
]


def files() -> Iterator[Path]:
    """Give every file of the project that nobody makes anew."""
    for top in sorted(ROOT.iterdir()):
        if top.name in MADE_HERE or (top.name.startswith(".") and top.name not in {".ci", ".gitignore"}):
            continue
        below = top.rglob("*") if top.is_dir() else [top]
        yield from (path for path in below if path.is_file() and not MADE_HERE & set(path.parts))


def texts() -> Iterator[tuple[str, str]]:
    """Give every text file's name and text."""
    for path in files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_every_package_is_shipped_linted_typed_and_known_to_the_command() -> None:
    assert TOOL["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert TOOL["importlinter"]["root_packages"] == PACKAGES
    assert TOOL["mypy"]["packages"] == PACKAGES
    assert sorted(OURS) == PACKAGES


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_answers_to_the_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"riskdesk"}
    assert Path(str(import_module(name).__file__)).is_relative_to(ROOT)


def test_no_top_level_name_shadows_the_standard_library() -> None:
    names = {path.stem for path in ROOT.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert not names & sys.stdlib_module_names


def test_no_file_of_a_package_is_longer_than_its_one_idea_needs() -> None:
    packages = {*PACKAGES, *NOT_SHIPPED}
    lengths = {
        name: text.count("\n")
        for name, text in texts()
        if name.endswith(".py") and Path(name).parts[0] in packages
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    # The desk has addresses below /work, too.
    machine = re.compile(r"(?<![\w.:}])/(?:(?:root|home|Users|farm)/\w|work/(?:main|shared)\b)")
    assert machine.search("see /ro" + "ot/x")
    assert {name: found.group() for name, text in texts() if (found := machine.search(text))} == {}


def test_no_dependency_names_where_it_comes_from() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    # A pin with or without a marker, one of its hashes, or who asked for it.
    allowed = re.compile(r"[a-z0-9-]+==\S+( ; [^@]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|\s+#.*")
    assert [line for line in lines if not allowed.fullmatch(line)] == []
    assert not [line for line in lines if "://" in line]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=folder,
        env={"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_rule_has_a_violation_planted_below() -> None:
    rules = {rule for rule, _, _ in PLANTED}
    assert rules == {contract["name"] for contract in TOOL["importlinter"]["contracts"]}


def test_the_import_rules_hold(copy: Path) -> None:
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("rule", "file", "code"), PLANTED)
def test_an_import_rule_breaks_on_a_planted_violation(rule: str, file: str, code: str, copy: Path) -> None:
    (copy / file).write_text(f"{code}\n", encoding="utf-8")
    result = lint_imports(copy)
    assert result.returncode == 1, result.stderr
    assert f"{rule} BROKEN" in result.stdout


@pytest.mark.parametrize("package", sorted(set(PACKAGES) - {"cli"}))
@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("TID251", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
        ("TID251", "import time\n\nNOW = time.time()\n"),
        ("T201", "print(1)\n"),
        ("TID252", "from . import other\n"),
    ],
    ids=["datetime.now", "time.time", "print", "relative import"],
)
def test_a_clock_a_print_and_a_relative_import_are_caught_in_every_package(
    rule: str, code: str, package: str
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", f"{package}/planted.py", "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert rule in result.stdout
