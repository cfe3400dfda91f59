"""A file of lines is written by one process of a cluster; the others need not even have its folder."""

from pathlib import Path

import pytest

from connectors.alert_file import AlertFileSink
from connectors.dead_letters import DeadLetterFileSink


@pytest.mark.parametrize(("sink", "part"), [(AlertFileSink, "alerts"), (DeadLetterFileSink, "dead_letters")])
def test_a_file_is_offered_by_the_process_that_may_write_it_alone(sink, part, tmp_path):
    assert sink(tmp_path / "lines.jsonl").list_parts() == [part]
    elsewhere = sink(Path("/no/such/folder/lines.jsonl"), here=False)
    assert elsewhere.list_parts() == []
