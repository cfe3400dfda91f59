from pathlib import Path

import pytest

from config.device_mappings import load_mapping
from config.located_yaml import ProfileError

MAPPINGS = Path(__file__).parents[2] / "config" / "mappings"
GOOD = """\
name: acme
version: 1
device: terminal
time: {field: at, zone: Asia/Shanghai}
native: [code]
rules:
  - when: {code: 17}
    code: card_jam
"""


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_mapping_that_is_shipped_can_be_read(path):
    assert load_mapping(path).rules


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "code: card_jam",
            "code: card_jma",
            8,
            "rules.0.code is 'card_jma'; should be a code of devices/codes",
        ),
        ("code: card_jam", "code: card_jma", 8, "perhaps card_jam"),
        (
            "code: card_jam",
            "code: card_jam\n    component: door",
            7,
            "card_jam is about card_reader, not door",
        ),
        ("code: card_jam", "code: card_jam\n    edge: rise", 9, "rules.0.edge"),
        ("code: card_jam", "code: card_jam\n    severity: 5", 9, "rules.0.severity"),
        ("code: card_jam", "code: card_jam\n    colour: red", 9, "rules.0.colour is no known key"),
        ("code: card_jam", "code: card_jam\n    edge: raise\n    counters: {remaining: n}", 7, "edge count"),
        ("Asia/Shanghai", "Asia/Shangai", 4, "perhaps Asia/Shanghai"),
        ("device: terminal", "device: a..b", 3, "device is 'a..b'"),
        ("native: [code]\n", "", 1, "native is missing"),
        ("when: {code: 17}", "when: {}", 7, "rules.0.when"),
        ("version: 1", "version: 1\nversion: 2", 3, "stands in line 2 already"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, old, new, line, said):
    assert old in GOOD
    path = tmp_path / "acme.yaml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ProfileError) as error:
        load_mapping(path)
    assert said in str(error.value)
    assert line in {problem.line for problem in error.value.problems}


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    path = tmp_path / "acme.yaml"
    path.write_text(GOOD.replace("version: 1", "version: 0").replace("card_jam", "nothing"))
    with pytest.raises(ProfileError) as error:
        load_mapping(path)
    assert [problem.line for problem in error.value.problems] == [2, 8]
