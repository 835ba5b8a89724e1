"""Every fault against a real server: ``python benchmarks/faults.py [--stride 1] [--scenario NAME] [--deed NAME]``.

The processes under test, client programs among them, talk to PostgreSQL through a proxy that counts their requests. At each request in
turn, before it, while it is answered, and after it: our process is killed (SIGKILL), the client program that it runs is, the server's
process of that connection is ended, all of them are, the server crashes (SIGQUIT) or is stopped in good order and starts anew, and
another session holds locks for a moment, or for longer than we try. What must hold afterwards is told in
tests/support/faults/campaign.py, and for restores in restores.py. The exit status is 1 where anything did not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from alembic_safety.postgres.server import throwaway_server
from tests.support.faults.campaign import MOMENTS, Campaign, Fault
from tests.support.faults.deeds import DEEDS
from tests.support.faults.proxy import Strike
from tests.support.faults.restores import Restores
from tests.support.faults.scenario import scenarios


def main() -> int:
    """Run the campaign, and print what was wrong and a line for each scenario."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stride", type=int, default=1, help="only every so many faults (default: each one)")
    parser.add_argument("--offset", type=int, default=0, help="first of them (default: 0)")
    parser.add_argument("--scenario", action="append", help="only these (default: all)")
    parser.add_argument("--deed", action="append", choices=DEEDS, help="only these (default: all)")
    parser.add_argument("--at", type=int, help="only this request (default: all)")
    parser.add_argument("--pg-bin", type=Path, help="PostgreSQL's programs (default: the newest that is found)")
    parser.add_argument("--verbose", action="store_true", help="show the log of each fault that went wrong")
    chosen = parser.parse_args()
    inflicted = failed = 0
    with tempfile.TemporaryDirectory() as name, throwaway_server(pg_bin=chosen.pg_bin) as server:
        for scenario in scenarios(Path(name), server, *(chosen.scenario or ())).values():
            kind = Restores if scenario.name == "restored" else Campaign
            campaign = kind(server, scenario, Path(name) / "work")
            began, here = time.monotonic(), 0
            faults = [
                Fault(deed, Strike(at, when))
                for at in range(1, campaign.requests + 1)
                for deed in chosen.deed or DEEDS
                for when in MOMENTS
                if chosen.at in (None, at)
            ]
            for fault in faults[chosen.offset :: chosen.stride]:
                start = time.monotonic()
                outcome = campaign.inflict(fault)
                if chosen.verbose:
                    print(f"{fault}: {outcome.request[:100]!r}: {time.monotonic() - start:.1f} s", flush=True)
                inflicted += outcome.struck
                here += outcome.struck
                if outcome.wrong:
                    failed += 1
                    print(
                        f"{scenario.name}: {fault}: {outcome.request[:100]!r}", *outcome.wrong, sep="\n    ", flush=True
                    )
                    if chosen.verbose:
                        print(outcome.log[-6000:], flush=True)
            campaign.close()
            print(
                f"{scenario.name}: {campaign.requests} requests, {here} faults, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    print(f"PostgreSQL {server.version}: {inflicted} faults were injected, {failed} went wrong")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
