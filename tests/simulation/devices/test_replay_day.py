from simulation.devices.month import simulate
from simulation.devices.replay_day import replay_day


def test_the_day_has_one_of_each_thing_that_the_desk_should_see_done() -> None:
    month = simulate(replay_day())
    items = [truth for truth in month.truths if truth.expect == "item"]
    kinds = {truth.kind for truth in items}
    assert {
        "link_cut",
        "card_retained",
        "jackpotting",
        "cash_out",
        "chattering",
        "silent_machine",
        "supervisor_overstay",
    } <= kinds
    cut = next(truth for truth in items if truth.kind == "link_cut")
    assert len(cut.devices) >= 3
    kept = [truth for truth in items if truth.kind == "card_retained" and truth.branch == cut.branch]
    assert any(cut.begins < truth.begins < (cut.ends or "") for truth in kept)
    assert any(truth.kind == "planned_work" for truth in month.truths)
    assert [record.id for record in month.fleet_records() if record.id.startswith("work-")] == ["work-1"]
    assert len(month.uses) < 10_000
