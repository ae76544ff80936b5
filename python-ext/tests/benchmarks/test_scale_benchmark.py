from safetensors import safe_open

from benchmarks.scale import foreseen_peaks, measured, rows_of
from benchmarks.scale_ranks import VARIANTS, Ranked


def test_ranks_send_their_part_and_next_to_nothing_for_what_is_kept(model_folder):
    told = Ranked(str(model_folder("llama-tied")), rows=3, length=12, pairs=1, threads=1)
    by_ranks = {2: measured(told, 2)}
    said = by_ranks[2]
    with safe_open(model_folder("llama-tied") / "model.safetensors", "pt") as weights:
        parameters = sum(weights.get_tensor(name).numel() for name in weights.keys())  # noqa: SIM118
    # Of two ranks each sends half of what it gathers or scatters; a last row is padded where it does not divide.
    assert 0.5 * 4 * parameters <= said["plain"]["sent"]["gradients"] <= 0.5 * 4 * parameters * 1.1
    for variant in VARIANTS:
        assert 0 <= said[variant]["sent"]["all"] - said["plain"]["sent"]["all"] <= 16
        assert len(said[variant]["seconds"]) == 1 and said[variant]["peak"] > 0
    foreseen = foreseen_peaks(told, by_ranks)
    names = [row.name for row in rows_of(by_ranks, 36, foreseen)]
    assert "scale/2 ranks, penalty proximal, sent for what is kept" in names
    assert "scale/2 ranks, penalty gradient, peak of a rank, against what validate says" in names
