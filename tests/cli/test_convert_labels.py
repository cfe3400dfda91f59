"""Truth beside recorded events becomes claims, each at the time when it was known."""

from pathlib import Path

import orjson
from click.testing import CliRunner

from cli.main import cli


def use(name: str, at: str) -> dict[str, object]:
    return {
        "kind": "transaction",
        "event_id": name,
        "at": at,
        "card": f"card-{name}",
        "amount_minor": 100,
        "currency": "CNY",
        "channel": "pos",
    }


def write(path: Path, *lines: object) -> Path:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def converted(tmp_path: Path, *options: str) -> tuple[dict[str, int], list[dict[str, object]]]:
    events = write(
        tmp_path / "events.jsonl", use("e1", "2026-03-01T00:00:00Z"), use("e2", "2026-03-01T01:00:00Z")
    )
    truth = write(
        tmp_path / "truth.jsonl",
        {"event_id": "e2", "label": True},
        {"event_id": "e1", "label": False},
        {"event_id": "gone", "label": True},
    )
    out = tmp_path / "claims.jsonl"
    said = CliRunner().invoke(
        cli, ["convert", "labels", str(events), "--labels", str(truth), "-o", str(out), *options]
    )
    assert said.exit_code == 0, said.output
    return orjson.loads(said.stdout), [orjson.loads(line) for line in out.read_bytes().splitlines()]


def test_claims_come_when_they_were_known_with_what_they_are_about(tmp_path):
    counts, claims = converted(tmp_path, "--delay", "P2D")
    assert counts == {"claims": 2, "frauds": 1, "labels_without_event": 1}
    assert claims == [
        {
            "kind": "chargeback",
            "event_id": "claim-e1",
            "at": "2026-03-03T00:00:00Z",
            "about": "e1",
            "transaction_at": "2026-03-01T00:00:00Z",
            "fraud": False,
            "card": "card-e1",
        },
        {
            "kind": "chargeback",
            "event_id": "claim-e2",
            "at": "2026-03-03T01:00:00Z",
            "about": "e2",
            "transaction_at": "2026-03-01T01:00:00Z",
            "card": "card-e2",
        },
    ]


def test_what_is_honest_can_be_left_out(tmp_path):
    _, claims = converted(tmp_path, "--fraud-only")
    assert [claim["about"] for claim in claims] == ["e2"]
