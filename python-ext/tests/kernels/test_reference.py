import pytest
import torch

from ballast.kernels import reference


@pytest.mark.parametrize("gate", [0, 1])
def test_path_integral_of_some_other_optimizers_step(gate):
    torch.manual_seed(1)
    omega, gradient, before, after = (torch.randn(9) for _ in range(4))
    expected = omega - gradient * (after - before) if gate == 0 else omega.clone()
    if gate:
        gradient[3] = float("nan")
    reference.accumulate_path_integral(
        [omega], [gradient], [before], [after], gate=torch.tensor(gate, dtype=torch.int32)
    )
    torch.testing.assert_close(omega, expected)
