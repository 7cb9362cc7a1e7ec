"""Take the pictures of the documents: the dashboards with what a real Prometheus says, and the live page.

python tests/pictures/make.py [page] [dashboards] [--minutes 6]
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kafka"))
sys.path.insert(0, str(Path(__file__).parents[1] / "page"))

import drawing
import live
import stand
from boards import ROOT, boards
from browser import Page, chromium

OUT = ROOT / "docs" / "images"
# File, width and height, whether on a phone, whether dark, query.
_VIEWS = (
    ("feed", (1280, 800), False, False, "?conflict=any"),
    ("feed-dark", (1280, 800), False, True, "?conflict=any"),
    ("feed-phone", (390, 844), True, False, "?conflict=any"),
    ("feed-phone-arabic", (390, 844), True, True, "?language=ar&conflict=any"),
)


def main() -> None:
    """Take the pictures that are asked for, by default all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=["page", "dashboards", []])
    parser.add_argument("--minutes", type=float, default=6, help="for so long everything works before the dashboards")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streams-pictures-") as folder:
        if "page" in given.kinds or not given.kinds:
            views(Path(folder))
        if "dashboards" in given.kinds or not given.kinds:
            dashboards(Path(folder), 60 * given.minutes)


def views(folder: Path) -> None:
    """Photograph the live page in all its views; on a phone, where the list begins for Arabic."""
    with live.page(folder) as address, chromium(folder / "profile-page") as tab:
        for name, size, phone, dark, query in _VIEWS:
            tab.size(*size, phone=phone, dark=dark)
            tab.open(address + query)
            tab.until("document.querySelector('#state').dataset.state === 'live'")
            if "language" in query:
                tab.do("document.querySelector('#list-title').scrollIntoView()")
            time.sleep(0.5)
            keep(tab, name)


def dashboards(folder: Path, seconds: float) -> None:
    """Let everything work for so many seconds, ask what every panel shows, and photograph the drawings of it."""
    with stand.running(folder) as (everything, prometheus):
        began = time.time()
        try:
            asyncio.run(stand.play(everything, seconds))
            span = drawing.Span(began + 20, began + seconds - 2)
            shown = {
                name: [(panel, prometheus.panel(panel, span)) for panel in board["panels"]]
                for name, board in boards().items()
            }
        except BaseException:
            for log in folder.glob("*.log"):
                print(f"--- {log.name}", *log.read_text().splitlines()[-8:], sep="\n", file=sys.stderr)
            raise
    with chromium(folder / "profile-dashboards") as tab:
        for name, board in boards().items():
            text, height = drawing.page(board, shown[name], span)
            file = folder / f"{name}.html"
            file.write_text(text, encoding="utf-8")
            tab.size(drawing.WIDTH, height)
            tab.call("Page.navigate", url=file.as_uri())
            tab.until(f"document.readyState === 'complete' && location.pathname.endsWith('/{file.name}')")
            keep(tab, f"dashboard-{name}")


def keep(tab: Page, name: str) -> None:
    """Write what a tab shows among the pictures of the documents."""
    file = OUT / f"{name}.png"
    tab.picture(file)
    # A palette of 256 colours makes it a third as large; these pictures have hardly more.
    subprocess.run(["pngquant", "--force", "--strip", "--speed=1", f"--output={file}", str(file)], check=True)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
