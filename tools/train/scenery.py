"""The empty lane of the clip, the camera that sees it, and what is laid over it.

The rule to know: world coordinates are as in `vehicles`; a point is seen where `project` says.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train import glyphs, vehicles, warp
from tools.train.vehicles import Solid

Picture = NDArray[np.uint8]
Layer = NDArray[np.float32]

WIDTH, HEIGHT = 1280, 720
FOCAL, CENTRE, EYE = 2000.0, (1100.0, 215.0), 1.55
# The road sinks beyond its crest, so that vehicles rise into view instead of appearing.
CREST = 44.0
NEAR_LANE, FAR_LANE, MIDDLE, VERGES = -1.35, -3.6, -2.45, (-5.2, -0.1)
TYPE = "LiberationSans-Bold.ttf"


def project(points: Solid) -> Solid:
    """Where world points (N, 3) are seen, (N, 2) pixels; behind the camera counts as near."""
    depth = np.maximum(points[:, 2:], 0.3)
    offset = np.stack([points[:, 0], EYE - points[:, 1]], 1)
    return np.asarray(np.array(CENTRE) + FOCAL * offset / depth, np.float64)


def ground(points: list[tuple[float, float]]) -> Solid:
    """Where points (x, z) on the road are seen, (N, 2) pixels."""
    return project(np.array([(x, 0.0, z) for x, z in points]))


CREST_ROW = float(ground([(0.0, CREST)])[0, 1])


def scene(rng: np.random.Generator) -> Picture:
    """The lane without vehicles, (720, 1280, 3) BGR."""
    canvas = _sky(rng)
    _trees(rng, canvas)
    _shop(canvas)
    _land(rng, canvas)
    _fence(canvas)
    return canvas


def _grain(rng: np.random.Generator, size: tuple[int, int], cells: tuple[int, int]) -> Layer:
    """Smooth noise about 0 of the given (width, height) with cells of (width, height) pixels."""
    coarse = rng.normal(0, 1, (size[1] // cells[1] + 2, size[0] // cells[0] + 2))
    return np.asarray(cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_CUBIC))


def _sky(rng: np.random.Generator) -> Picture:
    """A pale sky with clouds."""
    share = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None] * 2.4
    sky = np.array([214, 178, 138]) * (1 - share) + np.array([235, 226, 216]) * share
    clouds = [_grain(rng, (WIDTH, HEIGHT), (260 // k, 70 // k)) / k for k in (1, 2, 4)]
    cover = np.clip(np.sum(clouds, 0) * 0.3 + 0.1, 0, 0.7)[..., None]
    picture: Picture = np.clip(sky * (1 - cover) + 242 * cover, 0, 255).astype(np.uint8)
    return picture


def _trees(rng: np.random.Generator, canvas: Picture) -> None:
    """Hills, and trees before them."""
    for base, spread, colour in ((208, 26, (150, 146, 120)), (232, 20, (118, 124, 96))):
        ridge = base + _grain(rng, (WIDTH, 4), (190, 4))[0] * spread
        canvas[np.arange(HEIGHT)[:, None] > ridge[None]] = colour
    for _ in range(70):
        _tree(rng, canvas, rng.uniform(-20, WIDTH + 20), rng.uniform(38, 120))


def _tree(rng: np.random.Generator, canvas: Picture, x: float, tall: float) -> None:
    """A heap of leaves that are lighter on top and to the right, where the sun is."""
    green = np.array([48, 92, 66]) * rng.uniform(0.7, 1.15)
    for _ in range(int(tall * 3)):
        turn, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
        across, up = np.cos(turn) * reach, np.sin(turn) * reach
        y = CREST_ROW + 6 - tall * (0.55 + 0.45 * up)
        light = 0.62 + 0.3 * up + 0.18 * across + rng.normal(0, 0.07)
        spot = (round((x + across * tall * 0.34) * 16), round(y * 16))
        radius = round(tall * rng.uniform(0.03, 0.075) * 16)
        cv2.circle(canvas, spot, radius, (green * light + 8).tolist(), -1, cv2.LINE_AA, 4)


def _fill(canvas: Picture, points: Solid, colour: vehicles.Colour) -> None:
    fixed = np.round(points * 16).astype(np.int32)
    cv2.fillConvexPoly(canvas, fixed, colour, cv2.LINE_AA, 4)


def _board(
    canvas: Picture, text: str, corners: Solid, ink: vehicles.Colour, paper: vehicles.Colour
) -> None:
    """A board with lettering, its corners in the world from the top left clockwise, in place."""
    mask = np.pad(glyphs.small_type(text, TYPE, 34), ((13, 13), (30, 30)))[..., None] / 255
    board = (np.array(ink) * mask + np.array(paper) * (1 - mask)).astype(np.uint8)
    canvas[:] = warp.paste(canvas, board, project(corners).astype(np.float32))


def _land(rng: np.random.Generator, canvas: Picture) -> None:
    """Grass, the asphalt with its markings and its kerbs, all up to the crest."""
    top = round(CREST_ROW)
    size = (WIDTH, HEIGHT - top)
    grain = np.sum([_grain(rng, size, (cell, max(2, cell // 3))) for cell in (3, 9, 60)], 0)
    grass = np.array([62, 112, 92]) * (1 + 0.07 * grain[..., None])
    canvas[top:] = np.clip(grass, 0, 255).astype(np.uint8)
    _strip(canvas, VERGES[0] - 0.25, VERGES[1] + 0.25, (150, 156, 158))
    road = np.zeros_like(canvas)
    _strip(road, *VERGES, (1, 1, 1))
    asphalt = np.array([104, 103, 102]) * (1 + 0.035 * grain[..., None])
    depth = FOCAL * EYE / (np.arange(top, HEIGHT, dtype=np.float32) + 1 - CENTRE[1])
    across = (np.arange(WIDTH) - CENTRE[0])[None] * depth[:, None] / FOCAL
    for lane in (NEAR_LANE, FAR_LANE):
        wheels = np.exp(-(((np.abs(across - lane) - 0.75) / 0.22) ** 2))
        asphalt *= 1 - 0.09 * wheels[..., None]
    canvas[top:] = np.where(road[top:] > 0, np.clip(asphalt, 0, 255), canvas[top:])
    for x in (VERGES[0] + 0.2, VERGES[1] - 0.25):
        _strip(canvas, x, x + 0.1, (205, 208, 208))
    for z in np.arange(2.6, CREST - 2, 4.0):
        _strip(canvas, MIDDLE - 0.05, MIDDLE + 0.05, (212, 214, 214), (float(z), float(z) + 2.0))


def _strip(
    canvas: Picture,
    left: float,
    right: float,
    colour: vehicles.Colour,
    span: tuple[float, float] = (0.8, CREST),
) -> None:
    """A stripe along the road between two x, in place."""
    (near, far) = span
    _fill(canvas, ground([(left, near), (right, near), (right, far), (left, far)]), colour)


def _upright(left: float, low: float, right: float, high: float, z: float) -> Solid:
    """The corners of a rectangle across the view, (4, 3) metres, from the top left clockwise."""
    return np.array([[left, high, z], [right, high, z], [right, low, z], [left, low, z]])


def _shop(canvas: Picture) -> None:
    """A workshop beyond the fence, with lettering that is no plate."""
    _fill(canvas, project(_upright(-25, -0.2, -13, 3.6, 48)), (150, 168, 182))
    _fill(canvas, project(_upright(-25.2, 3.6, -12.8, 4.0, 48)), (70, 74, 84))
    for x in (-23.5, -19.5, -16.0):
        _fill(canvas, project(_upright(x, 0, x + 2.2, 1.9, 48)), (92, 84, 72))
    sign = _upright(-22.5, 2.35, -14.5, 3.35, 47.9)
    _board(canvas, "NORTHSIDE TYRES", sign, (240, 240, 240), (120, 60, 25))


def _fence(canvas: Picture) -> None:
    """Posts, rails and a sign along the far verge."""
    x = VERGES[0] - 1.2
    for y in (0.35, 0.75, 1.1):
        ends = [(y + 0.05, 4), (y + 0.05, CREST), (y - 0.05, CREST), (y - 0.05, 4)]
        _fill(canvas, project(np.array([(x, *end) for end in ends])), (112, 138, 156))
    for z in np.arange(CREST, 8, -2.2):
        _fill(canvas, project(_upright(x - 0.06, 0, x + 0.06, 1.25, float(z))), (88, 112, 130))
    sign = _upright(x, 0.75, x + 1.2, 1.15, 15)
    _board(canvas, "NO PARKING", sign, (30, 30, 30), (60, 200, 235))


def lay(frame: Layer, layer: Layer, corner: tuple[int, int]) -> None:
    """Lays a premultiplied BGRA layer over a frame of 3 or 4 channels, in place."""
    x, y = corner
    below = frame[y : y + layer.shape[0], x : x + layer.shape[1]]
    np.multiply(below, 1 - layer[..., 3:] / 255, out=below)
    np.add(below, layer[..., : frame.shape[2]], out=below)


def glow(x: float, y: float, scale: float) -> Layer:
    """A head-lamp's core, halo and streak; `scale` is pixels a metre."""
    across = np.arange(WIDTH, dtype=np.float32) - np.float32(x)
    down = np.arange(HEIGHT, dtype=np.float32) - np.float32(y)
    core, halo = 0.045 * scale + 1.5, 0.12 * scale + 5
    wide = np.exp(-np.abs(across) / (0.3 * scale + 20))
    light = np.outer(40 * np.exp(-np.abs(down) / (0.008 * scale + 1)), wide)
    for level, reach in ((330, core), (70, halo)):
        light += np.outer(level * np.exp(-((down / reach) ** 2)), np.exp(-((across / reach) ** 2)))
    return np.asarray(light, np.float32)
