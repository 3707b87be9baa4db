"""Inputs on other machines, by smart_open, which is imported only when there is one (it costs 200 ms)."""

import io
import os
from typing import Any

from streamtools.errors import DataError, NoInputError, StreamtoolsError, TransferError, UnavailableError, UsageError

EXTRAS = {  # scheme -> the extra of this package that brings its library, "" if none is needed
    "s3": "s3", "s3a": "s3", "s3n": "s3",
    "gs": "gcs",
    "http": "http", "https": "http",
    "webhdfs": "webhdfs",
    "hdfs": "", "viewfs": "",
    "sftp": "ssh", "scp": "ssh", "ssh": "ssh",
    "ftp": "", "ftps": "",
}  # fmt: skip
TIMEOUT = 60  # seconds without a byte of an HTTP response


def check_scheme(uri: str, scheme: str) -> None:
    """Raise UsageError for a scheme that is not read here."""
    if scheme not in EXTRAS:
        raise UsageError(uri, f"{scheme}:// is not read here", f"one of {', '.join(EXTRAS)}; ./{uri} for a local file")


class Remote(io.RawIOBase):
    """A remote input, undecoded; seekable where its transport is. Its errors are ours, and name the byte.

    Raises UnavailableError when the library of the transport is not installed, NoInputError when the input cannot be
    opened, TransferError when reading fails on the way.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.position = 0
        self.file: Any = io.BytesIO()  # something to close, should opening fail
        self.file = _opened(uri, uri.partition("://")[0].lower())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self.file.seekable())

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            self.position = self.file.seek(offset, whence)
        except Exception as error:
            raise self._failed(error) from error
        return self.position

    def read(self, size: int = -1) -> bytes:
        try:
            piece: bytes = self.file.read(size)
        except Exception as error:
            raise self._failed(error) from error
        self.position += len(piece)
        return piece

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()

    def check_length_known(self) -> None:
        """Raise DataError when an HTTP server tells no length: a body cut short would then pass for the whole one.

        Only plain data need this: all other formats notice that their end is missing.
        """
        response = getattr(self.file, "response", None) or getattr(self.file, "_response", None)
        headers = getattr(response, "headers", None)
        if headers is None or "Content-Length" in headers or "chunked" in headers.get("Transfer-Encoding", ""):
            return
        problem = "the server does not tell its length, so that a part of it would pass for all"
        raise DataError(self.uri, problem, "serve it compressed, or fetch it and check its size")

    def _failed(self, error: Exception) -> StreamtoolsError:
        if self.position == 0:  # hdfs:// opens a pipe: whether there is a file shows at the first read
            return NoInputError(self.uri, f"cannot be read: {_one_line(error)}")
        return TransferError(self.uri, f"reading failed at byte {self.position:,}: {_one_line(error)}")


def _opened(uri: str, scheme: str) -> Any:
    try:
        import smart_open

        parameters = {"timeout": TIMEOUT} if scheme in ("http", "https") else {}
        return smart_open.open(uri, "rb", compression="disable", transport_params=parameters)
    except (ImportError, NotImplementedError) as error:
        extra = EXTRAS[scheme]
        remedy = f"pip install 'streamtools[{extra}]'" if extra else "pip install smart_open"
        raise UnavailableError(uri, f"{scheme}:// needs a library that is not installed", remedy) from error
    except FileNotFoundError as error:
        if scheme in ("hdfs", "viewfs"):
            raise UnavailableError(
                uri, "needs the hdfs command", "install a Hadoop client, or use webhdfs://"
            ) from error
        raise NoInputError(uri, "is not there") from error
    except Exception as error:  # each transport has its own kinds: botocore, requests, paramiko, google
        raise NoInputError(uri, f"cannot be opened: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
