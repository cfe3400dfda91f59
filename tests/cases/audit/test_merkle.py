"""Trees over rows, against the published values and against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.audit.merkle import leads_to, leaf, path, root

# The first inputs, and roots over the first n of them, of the tests of Certificate Transparency (RFC 6962).
_INPUTS = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
]
_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
}


@pytest.mark.parametrize("count", _ROOTS)
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    assert root([leaf(data) for data in _INPUTS[:count]]).hex() == _ROOTS[count]


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_every_leaf_leads_to_the_root_and_nothing_else_does(rows: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf(row) for row in rows]
    index = data.draw(st.integers(0, len(rows) - 1))
    hashes = path(leaves, index)
    assert leads_to(leaves[index], index, len(leaves), hashes) == root(leaves)
    assert leads_to(leaf(b"other row"), index, len(leaves), hashes) != root(leaves)
    assert leads_to(leaves[index], index, len(leaves), (*hashes, b"\0" * 32)) is None
    assert leads_to(leaves[index], len(leaves), len(leaves), hashes) is None
    if hashes:
        assert leads_to(leaves[index], index, len(leaves), hashes[:-1]) is None


def test_a_tree_without_leaves_is_none() -> None:
    with pytest.raises(ValueError, match="a tree needs a leaf"):
        root([])
