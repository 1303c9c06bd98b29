"""Make the pictures of README and docs: `python tools/pictures.py` writes docs/images/.

The table is what `caffe-fill plan` shows on a terminal, drawn by rich; the page is seen by headless
Chromium (the packages selenium, chromium and chromium-driver).
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
from pathlib import Path

import vl_convert
from PIL import Image
from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import MONOKAI
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import caffe_fillers as cf
from caffe_fillers.cli.tables import print_plan

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
NET = ROOT / "examples" / "lenet.prototxt"
COLUMNS = 118
COLORS = 160
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1180,1010", "--hide-scrollbars")


class Screen(io.StringIO):
    """A text that is taken for a terminal."""

    def isatty(self) -> bool:
        return True


def table(net: cf.Net) -> Image.Image:
    """The table of a plan."""
    screen = Screen()
    os.environ["COLUMNS"] = str(COLUMNS)
    print_plan(net, screen, report=net.signal())
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print("[bold]$[/bold] caffe-fill plan lenet.prototxt", highlight=False)
    for line in AnsiDecoder().decode(screen.getvalue()):
        console.print(line, soft_wrap=True, highlight=False)
    drawing = console.export_svg(title="", theme=MONOKAI).replace("Fira Code", "DejaVu Sans Mono")
    return Image.open(io.BytesIO(vl_convert.svg_to_png(drawing, scale=1.0)))


def page(net: cf.Net, folder: Path) -> Image.Image:
    """The head of a report."""
    path = folder / "report.html"
    path.write_text(net.report(seed=1701, command="caffe-fill report lenet.prototxt --seed 1701"), "utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in SWITCHES:
        options.add_argument(switch)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        browser.get(path.as_uri())
        time.sleep(3)  # the charts are drawn when they are seen
        return Image.open(io.BytesIO(browser.get_screenshot_as_png()))
    finally:
        browser.quit()


def save(image: Image.Image, name: str) -> None:
    """Write a small PNG."""
    IMAGES.mkdir(exist_ok=True)
    image.convert("RGB").quantize(COLORS).save(IMAGES / name, optimize=True)
    print(f"{name}: {(IMAGES / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    lenet = cf.load_net(NET)
    save(table(lenet), "plan.png")
    with tempfile.TemporaryDirectory() as folder:
        save(page(lenet, Path(folder)), "report.png")
