"""`make bench`: measure, print, and write docs/PERFORMANCE.md.

Everything is measured in one run on one machine and told as ratios; processor time per submission is the
steadiest figure. `--quick` takes a minute and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import odata, places, receipt, whole_way
from bench.page import page


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each figure; the median counts")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of one load")
    parser.add_argument("--submissions", type=int, default=1000, help="of one round of the whole way")
    parser.add_argument("--quick", action="store_true", help="one short round; writes nothing")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.seconds, given.submissions = 1, 0.7, 200

    def say(what: str) -> None:
        print(f"  {what}", file=sys.stderr, flush=True)

    geotag = places.measure(given.rounds, say)
    ways = whole_way.measure(given.rounds, given.submissions, say)
    reads = odata.measure(given.rounds, say)
    figures = receipt.measure(given.rounds, given.seconds, say)
    text = page(figures, ways, geotag, reads, given.rounds)
    print(text)
    if not given.quick:
        (Path(__file__).parent.parent / "docs" / "PERFORMANCE.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
