"""Builds the site: ``python -m docs.site`` in a checkout writes ``build/site/index.html``, without a network.

Warnings are errors; afterwards every link inside is followed. Exit code 1 if anything is broken.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from docs.site.links import broken, outside
from docs.site.staging import ROOT, stage


def main() -> int:
    """Stage, build, check."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site", help="folder of the pages")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="derivations, figures of papers and notebooks are named but not run",
    )
    options = parser.parse_args()
    start = time.perf_counter()
    os.environ.setdefault("MPLBACKEND", "agg")
    os.environ["ASYMPTOTICS_SITE_QUICK"] = "1" if options.quick else ""
    source = ROOT / "build" / "site-source"
    stage(source, quick=options.quick)
    shutil.rmtree(options.out, ignore_errors=True)
    conf, cache = str(Path(__file__).parent), str(ROOT / "build" / "site-cache")
    flags = ["-W", "--keep-going", "-q", "-b", "html", "-c", conf, "-d", cache]
    failed = build_main([*flags, str(source), str(options.out)])
    faults = [*broken(options.out), *outside(options.out)] if (options.out / "index.html").exists() else []
    for fault in faults:
        print(fault, file=sys.stderr)
    pages = len([*options.out.rglob("*.html")])
    print(
        f"{options.out / 'index.html'}: {pages} pages, {len(faults)} broken links, {time.perf_counter() - start:.0f} s"
    )
    return int(bool(failed or faults))


if __name__ == "__main__":
    sys.exit(main())
