from __future__ import annotations

import json

from bench.figures import WIDTH, Figure, Target, medians, table, targets_reached, write_json

PEER = Figure("Faults", "node", rate=400, cpu=2000, peer="node")
OWN = Figure(
    "Faults",
    "gateway",
    rate=4000,
    cpu=200,
    p50=6.5,
    p99=13.25,
    memory=60,
    targets=(
        Target("rate, times node", 10, 8, 12),
        Target("CPU us", 200, 230, at_most=True),
    ),
)


def test_the_table_has_a_column_of_ratios_for_each_peer_and_a_line_for_each_target():
    lines = list(table([OWN, PEER]))
    assert lines[0].split() == [
        "Faults",
        "requests/s",
        "CPU",
        "us",
        "p50",
        "ms",
        "p99",
        "ms",
        "MiB",
        "x",
        "node",
    ]
    assert lines[1].split() == ["gateway", "4,000", "200", "6.50", "13.2", "60", "10"]
    assert lines[3:5] == [
        "  > gateway: rate, times node: 10; at least 8 asked: reached; 12 hoped for: NOT reached",
        "  > gateway: CPU us: 200; at most 230 asked: reached",
    ]
    assert max(map(len, lines)) <= WIDTH


def test_figures_on_a_curve_tell_where():
    assert (
        "  faults, 8 connections" in list(table([Figure("G", "faults", 1, at=8, at_unit="connections")]))[1]
    )


def test_targets_are_counted():
    told = targets_reached([OWN, PEER])
    assert told == "2 of 2 first targets and 0 of 1 further goals were reached"


def test_a_ratio_needs_both_and_may_be_one_of_cpu():
    assert OWN.against(PEER) == 10
    assert Figure("Faults", "other").against(PEER) is None
    assert Figure("Faults", "other", cpu=1000, ratio="cpu").against(PEER) == 0.5


def test_rounds_become_their_medians_and_the_highest_peak_of_memory():
    rounds = [Figure("G", "s", rate=rate, memory=memory) for rate, memory in ((1, 9), (7, 5), (3, 7))]
    found = medians(rounds)
    assert (found.rate, found.memory, found.cpu) == (3, 9, None)


def test_json_has_the_same_numbers(tmp_path):
    write_json(tmp_path / "figures.json", [OWN, PEER], {"rounds": 3})
    told = json.loads((tmp_path / "figures.json").read_text())
    own, peer = told["figures"]
    assert told["rounds"] == 3
    assert (own["rate"], own["p99"], own["ratios"]) == (4000, 13.25, {"node": 10})
    assert [target["reached"] for target in own["targets"]] == [True, True]
    assert "p50" not in peer
