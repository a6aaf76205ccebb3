"""Threads are shared out once, from what the scheduler grants."""

from __future__ import annotations

import torch

from hdrvid.inference import granted_cores, set_network_threads, share_threads


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
