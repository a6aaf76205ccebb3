"""The live controls are the command's own maths, on the same pixels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hdrvid_nuke import live
from hdrvid_nuke.colour import luma_weights
from hypothesis import given, settings
from hypothesis import strategies as st

from hdrvid.inference.grade import grade_recovered
from hdrvid.plate import Provenance
from tests.nuke_plugin.evaluate import Picture, dilate, render
from tests.nuke_plugin.expressions import names, tokens
from tests.nuke_plugin.fake_nuke import FakeNuke
from tests.nuke_plugin.studio import loaded

H, W = 12, 16


def frame(seed: int = 0) -> Picture:
    """Return a frame with its layers: noise, a soft mask, and recovered light where the mask is."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((H, W), np.float32)
    mask[3:9, 4:12], mask[4:8, 5:11] = 0.5, 1.0
    picture: Picture = {"mask.alpha": mask, "provenance.alpha": mask.copy()}
    for full in ("red", "green", "blue"):
        source = rng.uniform(0, 1, (H, W)).astype(np.float32)
        picture[f"source.{full}"] = source
        picture[f"rgba.{full}"] = source + mask * rng.uniform(0, 30, (H, W)).astype(np.float32)
    return picture


@pytest.fixture(scope="module")
def node() -> Any:
    """Return a node that has frames with layers."""
    nuke = FakeNuke("/show/comp.nk")
    with loaded(nuke) as module:
        made = module.create()
        for knob in ("has_frames", "has_layers"):
            made[knob].setValue(True)
        made.node("Frames").setInput(0, nuke.nodes.Read())
        return made


def rgb(picture: Picture, layer: str = "rgba") -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.stack([picture[f"{layer}.{full}"] for full in ("red", "green", "blue")])


def show(node: Any, picture: Picture, **controls: float | str) -> Picture:
    """Return what the node gives with its controls set, all others at rest."""
    rest = {"mix": 1, "gain": 0, "limit": False, "peak": 16, "saturation": 1, "grow": 0, "soften": 0}
    node["live_view"].setValue(controls.pop("view", "result"))
    for name, value in {**rest, **controls}.items():
        node[f"live_{name}"].setValue(value)
    plate = {name: np.zeros((H, W), np.float32) for name in ("rgba.red", "rgba.green", "rgba.blue")}
    return render(node.node("Output1"), {"Read": picture, "Input": plate})


@settings(max_examples=40, deadline=None)
@given(
    gain=st.floats(-6, 6, width=32),
    peak=st.none() | st.floats(0, 40, width=32),
    mix=st.floats(0, 1, width=32),
    seed=st.integers(0, 9),
)
def test_gain_peak_and_mix_give_what_the_command_gives(
    node: Any, gain: float, peak: float | None, mix: float, seed: int
) -> None:
    picture = frame(seed)

    shown = show(node, picture, gain=gain, mix=mix, limit=peak is not None, peak=peak or 0)

    wanted = grade_recovered(rgb(picture, "source"), rgb(picture), gain_stops=gain, peak=peak, mix=mix)
    np.testing.assert_allclose(rgb(shown), wanted, rtol=2e-6, atol=1e-6)


def test_controls_at_rest_hand_the_frames_on_bit_for_bit(node: Any) -> None:
    picture = frame()

    assert show(node, picture) is picture


def test_a_mix_of_zero_is_the_plate_bit_for_bit(node: Any) -> None:
    picture = frame()

    np.testing.assert_array_equal(rgb(show(node, picture, mix=0)), rgb(picture, "source"))


def test_well_exposed_pixels_stay_bit_for_bit_whatever_the_controls(node: Any) -> None:
    picture = frame()
    controls = {
        "gain": 3.0,
        "mix": 0.7,
        "limit": True,
        "peak": 9.0,
        "saturation": 0.4,
        "grow": 2,
        "soften": 3,
    }

    shown = show(node, picture, **controls)

    outside = picture["mask.alpha"] == 0
    np.testing.assert_array_equal(rgb(shown)[:, outside], rgb(picture)[:, outside])


def test_a_peak_never_goes_below_the_plate(node: Any) -> None:
    picture = frame()

    assert (rgb(show(node, picture, limit=True, peak=0.1)) >= rgb(picture, "source")).all()


def test_no_saturation_leaves_recovered_light_grey_with_its_luminance(node: Any) -> None:
    picture = frame()
    weights = np.array(luma_weights("lin_rec709"), np.float32)[:, None, None]

    added = rgb(show(node, picture, saturation=0)) - rgb(picture, "source")

    before = (weights * (rgb(picture) - rgb(picture, "source"))).sum(axis=0)
    np.testing.assert_allclose(added, np.broadcast_to(before, added.shape), atol=2e-5)


def test_a_mask_that_shrinks_takes_the_edge_of_the_light_and_leaves_the_middle(node: Any) -> None:
    picture = frame()

    shown = rgb(show(node, picture, grow=-1))

    kept = dilate(picture["mask.alpha"], -1) == 1
    gone = dilate(picture["mask.alpha"], -1) == 0
    assert kept.any()
    np.testing.assert_allclose(shown[:, kept], rgb(picture)[:, kept], rtol=1e-6)
    np.testing.assert_allclose(shown[:, gone], rgb(picture, "source")[:, gone], rtol=1e-6, atol=1e-6)


def test_a_mask_that_grows_adds_no_light(node: Any) -> None:
    picture = frame()

    np.testing.assert_allclose(rgb(show(node, picture, grow=3)), rgb(picture), rtol=1e-6)


def test_a_softened_mask_lies_between_plate_and_frame(node: Any) -> None:
    picture = frame()

    shown = rgb(show(node, picture, soften=4))

    assert (shown >= rgb(picture, "source") - 1e-5).all()
    assert (shown <= rgb(picture) + 1e-4).all()
    assert not np.allclose(shown, rgb(picture))


def test_the_mask_view_shows_the_mask_that_is_in_use(node: Any) -> None:
    picture = frame()

    plain, grown = show(node, picture, view="mask"), show(node, picture, view="mask", grow=2)

    np.testing.assert_array_equal(rgb(plain)[1], picture["mask.alpha"])
    np.testing.assert_array_equal(rgb(grown)[1], dilate(picture["mask.alpha"], 2))


def test_the_provenance_view_gives_each_origin_a_colour_of_its_own(node: Any) -> None:
    picture = frame()
    origins = (Provenance.SOURCE, Provenance.SUPER_WHITE, Provenance.PARTLY_CLIPPED, Provenance.INVENTED)
    picture["provenance.alpha"] = np.tile(np.array(origins, np.float32), (H, W // 4))

    shown = rgb(show(node, picture, view="provenance"))

    colours = [tuple(round(float(value), 2) for value in shown[:, 0, n]) for n in range(4)]
    assert colours == [(0, 0, 0), (0, 0, 1), (1, 0.8, 0), (1, 0, 0)]


def test_the_source_view_shows_the_plate(node: Any) -> None:
    picture = frame()

    np.testing.assert_array_equal(rgb(show(node, picture, view="source")), rgb(picture, "source"))


def test_without_frames_the_node_hands_its_input_on(node: Any) -> None:
    node["has_frames"].setValue(False)

    shown = show(node, frame(), gain=3, view="mask")

    node["has_frames"].setValue(True)
    assert not rgb(shown).any()


def test_without_layers_the_frames_are_shown_whatever_the_controls(node: Any) -> None:
    picture = frame()
    node["has_layers"].setValue(False)

    shown = show(node, picture, gain=3, mix=0, view="mask")

    node["has_layers"].setValue(True)
    assert shown is picture


def test_layers_are_found_by_the_names_that_nuke_gives_them() -> None:
    found = live.channel_names(["rgba.red", "mask.a", "mask.alpha", "provenance.alpha", "source.red",
                                "source.green", "source.blue"])  # fmt: skip

    assert found == live.usual_names()


@pytest.mark.parametrize("missing", ["mask.alpha", "source.green", "provenance.alpha"])
def test_a_missing_layer_means_no_layers(missing: str) -> None:
    channels = [names[0] for names in live.WANTED.values() if names[0] != missing]

    assert live.channel_names(channels) is None


def test_expressions_use_only_functions_that_nuke_documents() -> None:
    documented = {"min", "max", "pow", "clamp", "abs", "log", "exp", "sqrt"}
    for item in live.tree():
        for text in (*item.links.values(), *(t for k, t in item.knobs.items() if "expr" in k)):
            words = tokens(text)
            called = {a for a, b in pairwise(words) if b == "(" and a.isidentifier()}
            assert called <= documented, text


def test_the_names_of_expressions_are_channels_temporaries_or_knobs_of_the_node() -> None:
    from hdrvid_nuke.panel import panel

    knobs = {f"parent.{knob.name}" for knob in panel()}
    channels = {f"{layer}.{c}" for layer, all_of in live.LAYERS.items() for c in all_of} | set("rgba")
    for item in live.tree():
        temporaries = {text for name, text in item.knobs.items() if name.startswith("temp_name")}
        for text in (*item.links.values(), *(t for k, t in item.knobs.items() if "expr" in k)):
            assert names(text) <= knobs | channels | temporaries, (item.name, text)
