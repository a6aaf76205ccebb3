"""Threads are shared out once, from what the scheduler grants."""

from __future__ import annotations

import math

import torch

from hdrvid.inference import granted_cores, set_network_threads, share_threads
from hdrvid.model import load_generator
from tests.inference.test_tiles import natural


def test_without_a_number_the_granted_cores_are_shared() -> None:
    assert share_threads() == share_threads(granted_cores()) or share_threads().decoder == 0
    assert share_threads().network == granted_cores()


def test_one_thread_is_enough_for_every_part() -> None:
    threads = share_threads(1)

    assert (threads.network, threads.writers, threads.readers, threads.decoder) == (1, 1, 1, 1)


def test_the_network_takes_the_threads_that_it_is_given() -> None:
    before = torch.get_num_threads()
    try:
        set_network_threads(1)

        assert torch.get_num_threads() == 1
    finally:
        set_network_threads(before)


def test_threads_move_an_answer_by_far_less_than_a_step_of_half_float() -> None:
    """They are in no frame's key, so that a farm of different machines makes one sequence."""
    generator, source = load_generator("compact"), natural(96, 160)[None]
    before = torch.get_num_threads()
    answers = []
    try:
        for count in (1, 2, 3):
            set_network_threads(count)
            with torch.inference_mode():
                fill = generator.fill(source)
            answers.append(fill.mask * fill.stops)
    finally:
        set_network_threads(before)

    step = math.log2(1 + 2.0**-11)  # stops: half a step of half float, at its narrowest
    assert all(float((answer - answers[0]).abs().max()) < step / 50 for answer in answers)
