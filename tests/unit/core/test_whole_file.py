"""Files that are there whole or not at all."""

import pytest

from entrox.core.whole_file import write_whole, write_whole_with


def test_a_writer_that_fails_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "table.csv"
    write_whole(path, "old\n")

    def fail(draft):
        draft.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole_with(path, fail)
    assert path.read_text(encoding="utf-8") == "old\n"
    assert [item.name for item in tmp_path.iterdir()] == ["table.csv"]
    write_whole_with(path, lambda draft: draft.write_bytes(b"new"))
    assert path.read_bytes() == b"new"
