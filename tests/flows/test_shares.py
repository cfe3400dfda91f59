"""The recovery store spread over machines: they agree on what they resume from, or say why they cannot."""

import pytest

from flows import recovery
from flows.recovery import RecoveryError
from flows.shares import Share, ShareError, agree, read_share, settle


def used(*parts: int, count: int = 4, **rows: object) -> Share:
    return Share(parts=parts, count=count, used=True, **rows)


def files(folder) -> list[str]:
    return sorted(path.name for path in folder.glob("part-*"))


def test_new_machines_each_make_their_own_files(tmp_path):
    agreed = agree({0: Share(), 1: Share()})
    for index in (0, 1):
        settle(tmp_path / str(index), agreed, flow="f", profile="p", index=index, machines=2)
    assert files(tmp_path / "0") == ["part-0.sqlite3", "part-2.sqlite3"]
    assert files(tmp_path / "1") == ["part-1.sqlite3", "part-3.sqlite3"]
    shares = {index: read_share(tmp_path / str(index), ("f.blocks",)) for index in (0, 1)}
    assert [share.parts for share in shares.values()] == [(0, 2), (1, 3)]
    assert not any(share.used for share in shares.values())


def test_more_machines_than_files_have_a_file_each():
    shares = {index: Share() for index in range(6)}
    assert agree(shares).count == 6


def test_files_of_a_first_start_that_was_cut_short_are_made_anew(tmp_path):
    settle(tmp_path / "0", agree({0: Share(), 1: Share()}), flow="f", profile="p", index=0, machines=2)
    agreed = agree({0: read_share(tmp_path / "0", ()), 1: Share(), 2: Share()})
    for index in range(3):
        settle(tmp_path / str(index), agreed, flow="f", profile="p", index=index, machines=3)
    assert [files(tmp_path / str(index)) for index in range(3)] == [
        ["part-0.sqlite3", "part-3.sqlite3"],
        ["part-1.sqlite3"],
        ["part-2.sqlite3"],
    ]


def test_all_resume_from_the_last_epoch_that_every_worker_of_the_latest_start_committed():
    shares = {
        0: used(0, 2, executions=((0, 2, 1),), fronts=((0, 0, 9), (1, 1, 31))),
        1: used(1, 3, executions=((1, 2, 9),), fronts=((0, 1, 40), (1, 0, 35), (1, 0, 33))),
    }
    assert agree(shares).epoch == 31


def test_a_worker_that_committed_nothing_holds_all_at_where_they_began():
    shares = {0: used(0, executions=((3, 2, 17),), fronts=((3, 0, 20),), count=2), 1: used(1, count=2)}
    assert agree(shares).epoch == 17


def test_a_machine_that_joins_later_makes_no_file(tmp_path):
    agreed = agree({0: used(0, 1), 1: used(2, 3), 2: Share()})
    assert not agreed.new
    settle(tmp_path / "2", agreed, flow="f", profile="p", index=2, machines=3)
    assert files(tmp_path / "2") == []
    assert recovery.check_whose(tmp_path / "2", "f", "p")


def test_what_one_machine_remembers_all_know():
    shares = {
        0: used(0, 1, remembered={"f.blocks": ("b", "a"), "f.alert_file": ("alerts",)}),
        1: used(2, 3, remembered={"f.blocks": ("c",), "f.alert_file": ()}),
    }
    assert agree(shares).remembered == {"f.blocks": ("a", "b", "c"), "f.alert_file": ("alerts",)}


def test_files_that_no_machine_has_are_named():
    with pytest.raises(ShareError, match=r"no machine has part-1\.sqlite3, part-3\.sqlite3"):
        agree({0: used(0, 2), 1: Share()})


def test_a_file_that_two_machines_have_is_named_with_both():
    with pytest.raises(ShareError, match=r"part-2\.sqlite3 on 0 and 1; each file belongs on one"):
        agree({0: used(0, 2), 1: used(1, 2, 3)})


def test_a_share_is_no_store_for_one_machine(tmp_path):
    settle(tmp_path / "0", agree({0: Share(), 1: Share()}), flow="f", profile="p", index=0, machines=2)
    with pytest.raises(RecoveryError, match=r"has lost part-1\.sqlite3, part-3\.sqlite3"):
        recovery.prepare(tmp_path / "0", "f", "p")


def test_the_folder_of_another_profile_is_refused(tmp_path):
    agreed = agree({0: Share(), 1: Share()})
    settle(tmp_path / "0", agreed, flow="f", profile="p", index=0, machines=2)
    with pytest.raises(RecoveryError, match="profile p"):
        settle(tmp_path / "0", agreed, flow="f", profile="other", index=0, machines=2)
