#!/usr/bin/env python3
"""Makes an ad log of any size, always the same one for the same options.

    AuctionID TAB UserID TAB SiteID TAB URL TAB UserAgent TAB Timestamp LF

Few users and sites have most of the lines (Zipf's law), and some URLs hold bytes that trip text-mode readers: invalid
UTF-8, line and paragraph separators of Unicode, control characters. It streams: memory does not depend on --rows.
"""

import io
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bin"))
import checkout  # noqa: F401  finds the libraries that `make` has installed
import click

from streamtools.cli import run
from streamtools.files import open_output
from streamtools.records import write_blocks

BATCH = 10_000  # rows made at a time
START = 1_700_000_000  # seconds since 1970 of the first line
PATHS = [b"/", b"/index.html", b"/news", b"/news/today", b"/search?q=shoes", b"/shop/cart", b"/article/%d", b"/video"]
HOSTILE = [
    b"?q=caf\xe9",
    b"?q=\xff\xfe",
    b"?q=a\xe2\x80\xa8b",
    b"?q=\xc2\x85",
    b"?q=\x0b\x0c",
    b"?q=\x00",
    b"?q=\x1c\x1d",
]
AGENTS = [
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0",
    b"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0",
    b"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Safari/604.1",
    b"Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile",
    b"curl/8.8.0",
]
FORMATS = ("gz", "bz2", "xz", "zst", "7z")
PLAIN = ("", "tsv", "txt", "log")  # suffixes
CATEGORIES = ["news", "sport", "shopping", "music", "weather", "games"]


def zipf(size: int) -> list[float]:
    """Cumulative weights of Zipf's law for `size` items."""
    return list(itertools.accumulate(1 / rank for rank in range(1, size + 1)))


def log(rows: int, users: int, sites: int, seed: int) -> Iterator[bytes]:
    """The log in blocks of whole lines."""
    draw = random.Random(seed)
    names = [b"u%07d" % number for number in draw.sample(range(max(users, 1) * 9), users)]
    user_weights, site_weights = zipf(users), zipf(sites)
    pages = [(b"s%03d" % site, page(site, draw)) for site in range(sites)]
    for first in range(0, rows, BATCH):
        size = min(BATCH, rows - first)
        auctions = draw.randbytes(8 * size).hex()
        chosen = draw.choices(names, cum_weights=user_weights, k=size)
        seen = draw.choices(pages, cum_weights=site_weights, k=size)
        agents = draw.choices(AGENTS, k=size)
        lines = [
            b"%b\t%b\t%b\t%b\t%b\t%d\n" % (auction, user, site, url, agent, second)
            for auction, user, (site, url), agent, second in zip(
                [auctions[at : at + 16].encode("ascii") for at in range(0, 16 * size, 16)],
                chosen,
                [(site, draw_url(urls, number)) for number, (site, urls) in enumerate(seen, first)],
                agents,
                range(START + first, START + first + size),
                strict=True,
            )
        ]
        yield b"".join(lines)


def page(site: int, draw: random.Random) -> list[bytes]:
    """The URLs of a site, 199 harmless ones and one that is not."""
    host = b"http://site%03d.example" % site
    harmless = [
        host + (path % draw.randrange(10_000) if b"%d" in path else path) for path in draw.choices(PATHS, k=199)
    ]
    return [*harmless, host + draw.choice(HOSTILE)]


def draw_url(urls: list[bytes], number: int) -> bytes:
    """One of a site's URLs, spread by a multiplication (Knuth's) instead of a draw, which would cost more."""
    return urls[(number * 2654435761 >> 7) % len(urls)]


def site_table(sites: int, seed: int) -> Iterator[bytes]:
    """`SiteID TAB category` for all sites but each tenth, the small side of a join."""
    draw = random.Random(seed)
    yield b"".join(
        b"s%03d\t%b\n" % (site, draw.choice(CATEGORIES).encode("ascii")) for site in range(sites) if site % 10 != 9
    )


class Blocks(io.BufferedIOBase):
    """Blocks of bytes as a file, for a writer that pulls.

    py7zr seeks to learn a size, for which 0 will do: the archive gets the size that was really read.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks

    def read(self, size: int | None = -1) -> bytes:
        return next(self.blocks, b"")

    def seek(self, position: int, whence: int = 0) -> int:
        return 0

    def tell(self) -> int:
        return 0


def packed(output: BinaryIO, format: str) -> BinaryIO:
    """A file that packs what is written to it into an open file, by methods that favour speed; closing it ends it."""
    if format == "gz":
        from isal.igzip import GzipFile

        return GzipFile(filename="", mode="wb", fileobj=output, compresslevel=2, mtime=0)
    if format == "bz2":
        from bz2 import BZ2File

        return BZ2File(output, "wb")
    if format == "xz":
        from lzma import LZMAFile

        return LZMAFile(output, "wb", preset=1)
    zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return zstd.ZstdFile(output, "wb")


def write(blocks: Iterator[bytes], descriptor: int, format: str, member: str) -> None:
    """Write the blocks to an open file descriptor in one of the formats; in a 7z they are the member of this name."""
    if format == "plain":
        write_blocks(blocks, descriptor)
        return
    with open(descriptor, "wb", closefd=False) as output:
        if format == "7z":
            import lzma

            import py7zr

            fast = [{"id": lzma.FILTER_LZMA2, "preset": 1}]  # six times the speed of the default, 10 % larger
            with py7zr.SevenZipFile(output, "w", filters=fast) as archive:
                archive.writef(Blocks(blocks), member)
        else:
            with packed(output, format) as packing:
                packing.writelines(blocks)


def format_of(name: str) -> str:
    """The format that the suffix of an output's name asks for; raises click's UsageError for a suffix of none."""
    suffix = Path(name).suffix.removeprefix(".")
    if suffix in FORMATS:
        return suffix
    if suffix not in PLAIN:
        raise click.UsageError(f"no format is known by .{suffix}; give one with --format")
    return "plain"


def size_option(name: str, default: str, least: int, help: str) -> Callable[..., Any]:
    """An option that takes a number, in which 5_000_000 may be written for 5000000."""
    return click.option(name, type=click.IntRange(least), default=default, show_default=True, metavar="N", help=help)


@click.command("generate.py")
@size_option("--rows", "20_000", 0, "lines, e.g. 5_000_000 (1 GB are about 8_000_000)")
@size_option("--users", "2_000", 1, "different users at most")
@size_option("--sites", "200", 1, "different sites at most")
@click.option("--seed", type=int, default=1, show_default=True, help="another seed makes another log")
@click.option("--table", type=click.Choice(["log", "sites"]), default="log", show_default=True, help="what to make")
@click.option("--format", "format", type=click.Choice(["plain", *FORMATS]), help="format  [default: by suffix]")
@click.option("-o", "--output", metavar="FILE", help="write to this file, not stdout; a .7z needs one")
def command(rows: int, users: int, sites: int, seed: int, table: str, format: str | None, output: str | None) -> None:
    """Make an ad log: AuctionID UserID SiteID URL UserAgent Timestamp.

    \b
    Examples:
      sample_data/generate.py --rows 5_000_000 --users 500_000 > log.tsv
      sample_data/generate.py --rows 5_000_000 --users 500_000 -o log.tsv.7z
    """
    format = format or format_of(output or "")
    if format == "7z" and not output:
        raise click.UsageError("a 7z archive cannot be written to a pipe; name a file with -o")
    blocks = site_table(sites, seed) if table == "sites" else log(rows, users, sites, seed)
    member = Path(output or "").name.removesuffix(f".{format}")
    with open_output(output) as descriptor:
        write(blocks, descriptor, format, member)


if __name__ == "__main__":
    sys.exit(run(command))
