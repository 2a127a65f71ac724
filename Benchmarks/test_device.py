"""Tests of what needs no measurement: `python3 -m unittest discover Benchmarks`."""

import contextlib
import io
import stat
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import amount
import device
import works
from processor import KINDS, Processor


class DeviceTests(unittest.TestCase):
    works = {work.name: work for work in works.listed(amount.FULL)}
    work = works["sft"]

    def test_every_peer_is_known_by_the_module_that_it_needs(self):
        for name in device.WORKS:
            for peer in self.works[name].peers:
                self.assertIn(peer.name, device.MODULES)

    def test_a_row_says_what_is_missing_and_what_failed(self):
        text = device.line(self.work, {"Heed": 1000.0, "TRL": 250.0, "transformers": "not installed"})
        self.assertEqual(
            text, "sft          Heed: 1,000 tok/s · TRL: 250 tok/s (4.00 ×) · transformers: not installed")
        self.assertIn("TRL: 250 tok/s", device.line(self.work, {"Heed": "FAILED", "TRL": 250.0}))

    def test_a_program_that_fails_does_not_end_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            heed = Path(folder) / "heed"
            heed.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
            heed.chmod(heed.stat().st_mode | stat.S_IXUSR)
            environment = device.DeviceEnvironment(
                folder=Path(folder), heed=heed, processor=Processor(KINDS[-1]), device="cpu")
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                self.assertEqual(device.measured(self.work.heed, environment), "FAILED")
        self.assertIn("ended with 3", said.getvalue())
        self.assertIn("broken", said.getvalue())


if __name__ == "__main__":
    unittest.main()
