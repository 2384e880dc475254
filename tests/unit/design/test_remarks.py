from entrox.design.remarks import count_warnings, gather_remarks, join_warnings, pattern_of, remarks_of


def test_warnings_that_differ_in_numbers_are_counted_together() -> None:
    texts = [["path 1.5 angstrom", "charge"], ["path 2.25 angstrom"], ["path 0.5 angstrom"], []]
    assert count_warnings(texts) == ("path 0.5 to 2.25 angstrom (3 of 4 points)", "charge (1 of 4 points)")


def test_a_kind_that_a_point_carries_twice_counts_once_for_it() -> None:
    found = gather_remarks([["x 1", "x 2"], ["y"]])
    assert [(remark.text, remark.count) for remark in found] == [("x 1 to 2", 1), ("y", 1)]


def test_numbers_in_symbols_stay_and_signs_and_exponents_belong_to_the_number() -> None:
    assert pattern_of("radius of Ba2+ (-0.1 e, 1e-05 of BaTiO3)") == "radius of Ba2+ (# e, # of BaTiO3)"
    assert gather_remarks([["+0.1 e"], ["-0.3 e"]])[0].text == "-0.3 to +0.1 e"


def test_braces_and_semicolons_are_kept() -> None:
    warning = "charge chosen; pass charges={'Mn': 4}"
    assert count_warnings([[warning]]) == (f"{warning} (1 of 1 points)",)
    assert join_warnings([warning, "two\nlines"]) == f"{warning} | two lines"
    assert remarks_of([warning]) == [warning]
