"""Degraded pictures: no pixel moves, nothing is left unreadable, and each effect does its work."""

from __future__ import annotations

import numpy as np
import pytest

from tools.train import degrade as lens
from tools.train import light
from tools.train.degrade import EFFECTS, Canvas, degrade


def stripes(pitch: int = 16) -> Canvas:
    """A picture of upright black bars on white, (48, 160, 3)."""
    canvas = np.full((48, 160, 3), 235, np.float32)
    canvas[:, (np.arange(160) // (pitch // 2)) % 2 == 1] = 25
    return canvas


def contrast(canvas: Canvas) -> float:
    """The mean difference between the middles of bars and gaps."""
    grey = np.clip(canvas, 0, 255).mean(2)
    return float(grey[:, 4::16].mean() - grey[:, 12::16].mean())


def test_strength_nought_gives_the_picture_back() -> None:
    """So a caller can turn it off."""
    picture = stripes().astype(np.uint8)
    assert np.array_equal(degrade(np.random.default_rng(1), picture, 0), picture)


@pytest.mark.parametrize("effect", [effect for _, effect in EFFECTS], ids=lambda e: e.__name__)
def test_an_effect_keeps_the_shape_and_the_picture_readable(effect: lens.Effect) -> None:
    """Boxes stay true, and the label can still be decided."""
    for seed in range(25):
        result = effect(np.random.default_rng(seed), stripes(), 1.0)
        assert result.shape == (48, 160, 3)
        assert np.isfinite(result).all()
        assert contrast(result) > 8, seed


def test_the_sheeting_saturates_under_infra_red() -> None:
    """The ground is white while the ink stays dark: that is what 850 nm cameras see."""
    result = np.clip(light.retroreflection(np.random.default_rng(2), stripes(), 1.0), 0, 255)
    assert np.percentile(result, 80) > 230
    assert np.ptp(result, axis=2).max() == 0


def test_head_lights_are_brightest_beside_the_plate() -> None:
    """The lamp is at a side, the middle stays dark."""
    flat = np.full((48, 160, 3), 90, np.float32)
    for seed in range(8):
        lit = light.headlights(np.random.default_rng(seed), flat.copy(), 1.0).mean((0, 2))
        assert max(lit[:10].mean(), lit[-10:].mean()) > lit[70:90].mean() + 10


def test_low_resolution_goes_down_to_ten_pixels() -> None:
    """At strength 1 some plates have no more rows than the smallest that is asked for."""
    rng = np.random.default_rng(3)
    noise = rng.uniform(0, 255, (48, 160, 3)).astype(np.float32)
    spreads = [float(lens._low_resolution(rng, noise.copy(), 1.0).std()) for _ in range(60)]
    assert min(spreads) < 0.35 * max(spreads)


def test_motion_smears_along_and_across() -> None:
    """Both directions occur; along the road is the more frequent."""
    point = np.zeros((48, 160, 3), np.float32)
    point[24, 80] = 255
    rng = np.random.default_rng(4)
    along = across = 0
    for _ in range(60):
        rows, columns = np.nonzero(lens._motion(rng, point.copy(), 1.0)[..., 0] > 2)
        along += int(np.ptp(columns) > np.ptp(rows))
        across += int(np.ptp(columns) < np.ptp(rows))
    assert along > across > 4


@pytest.mark.parametrize("size", [4, 8])
def test_coarse_steps_leave_few_coefficients(size: int) -> None:
    """A plane of one grey survives any step as one grey, and fine steps change nothing."""
    plane = np.random.default_rng(5).uniform(0, 255, (45, 157)).astype(np.float32)
    assert np.abs(lens._coarse(plane, size, 1e-3) - plane).max() < 0.1
    rough = lens._coarse(plane, size, 40.0)
    assert 4 < np.abs(rough - plane).mean() < 40
    assert lens._coarse(plane * 0 + 100, size, 40.0)[:40, :152].std() < 1e-3
