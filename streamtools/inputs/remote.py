"""Inputs on other machines, by smart_open, which is imported only when there is one (it costs 200 ms)."""

import io
import os
from collections.abc import Mapping
from typing import BinaryIO

from streamtools.errors import DataError, NoInputError, StreamtoolsError, TransferError, UnavailableError, UsageError
from streamtools.showing import to_show

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
    """Raise UsageError unless inputs of this scheme can be read."""
    if scheme not in EXTRAS:
        remedy = f"use one of {', '.join(EXTRAS)}, or ./{uri} for a local file"
        raise UsageError(uri, f"reading from {scheme}:// is not supported", remedy)


class Remote(io.RawIOBase):
    """A remote input, not decoded; seekable if its transport is. Errors are StreamtoolsErrors that name the byte.

    Raises UnavailableError if the library of the transport is not installed, NoInputError if the input cannot be
    opened, TransferError if reading fails later.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.position = 0
        self.file: BinaryIO = io.BytesIO()  # something to close, if opening fails
        self.version = _Version()
        self.file = _open(uri, uri.partition("://")[0].lower(), self.version)
        self._check_version()

    @property
    def tag(self) -> str:
        """What the server calls the version that is read; "" if it does not tell, or has not been asked yet."""
        return self.version.tag

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self.file.seekable())

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            self.position = self.file.seek(offset, whence)
            self._check_version()
        except Exception as error:
            raise self._explain(error) from error
        return self.position

    def read(self, size: int = -1) -> bytes:
        try:
            chunk = self.file.read(size)
        except Exception as error:
            raise self._explain(error) from error
        self.position += len(chunk)
        return chunk

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()

    def check_length_known(self) -> None:
        """Raise DataError if an HTTP server does not send the length: then a truncated body looks complete.

        Only plain data need this check: every other format notices that its end is missing.
        """
        headers = self._headers
        if headers is None or "Content-Length" in headers or "chunked" in headers.get("Transfer-Encoding", ""):
            return
        problem = "the server does not send the length, so that truncated data would look complete"
        raise DataError(self.uri, problem, "serve it compressed, or download it and check its size")

    @property
    def _headers(self) -> Mapping[str, str] | None:
        """The headers of the HTTP response that is being read."""
        response = getattr(self.file, "response", None) or getattr(self.file, "_response", None)
        return getattr(response, "headers", None)

    def _check_version(self) -> None:
        """Raise OSError if this answer of a server is about another version than those before."""
        self.version.see(self._headers or {})

    def _explain(self, error: Exception) -> StreamtoolsError:
        if self.position == 0:  # hdfs:// opens a pipe: whether the file exists shows at the first read
            return NoInputError(self.uri, f"cannot be read: {one_line(error)}")
        return TransferError(self.uri, f"reading failed at byte {self.position:,}: {one_line(error)}")


class _Version:
    """The version of an input, by its server's name for it, which must stay the same while it is read in parts."""

    tag = ""

    def see(self, parsed: Mapping[str, object], **_: object) -> None:
        """Take the headers of an answer, or what boto3 makes of them. Raises OSError if it is of another version."""
        for name in ("ETag", "Last-Modified", "LastModified"):
            if name in parsed:
                tag = f"{name} {parsed[name]}"
                if self.tag.startswith(f"{name} ") and tag != self.tag:
                    raise OSError("it was changed while it was read")
                self.tag = self.tag or tag
                return


def _open(uri: str, scheme: str, version: _Version) -> BinaryIO:
    try:
        import smart_open

        _keep_secrets_out_of_logs()
        parameters: dict[str, object] = {"timeout": TIMEOUT} if scheme in ("http", "https") else {}
        if EXTRAS[scheme] == "s3":
            import boto3

            client = boto3.session.Session().client("s3")  # the default session is for one thread only
            client.meta.events.register("after-call.s3.GetObject", version.see)
            parameters["client"] = client
        file: BinaryIO = smart_open.open(uri, "rb", compression="disable", transport_params=parameters)
        return file
    except (ImportError, NotImplementedError) as error:
        raise missing_library(uri, scheme) from error
    except FileNotFoundError as error:
        if scheme in ("hdfs", "viewfs"):
            remedy = "install a Hadoop client, or use webhdfs://"
            raise UnavailableError(uri, "needs the hdfs command", remedy) from error
        raise NoInputError(uri, "no such file", "check the name") from error
    except Exception as error:  # each transport raises its own kinds: botocore, requests, paramiko, google
        raise NoInputError(uri, f"cannot be opened: {one_line(error)}") from error


def _keep_secrets_out_of_logs() -> None:
    """Let what libraries log on their own, where nobody has set up logging, be shown without secrets."""
    import logging

    class Redacting(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return to_show(super().format(record))

    if logging.lastResort:
        logging.lastResort.setFormatter(Redacting())


def missing_library(uri: str, scheme: str) -> UnavailableError:
    """Return the error for a URI whose library is not installed, with the command that installs it."""
    extra = EXTRAS[scheme]
    remedy = f"pip install 'streamtools[{extra}]'" if extra else "pip install smart_open"
    return UnavailableError(uri, f"{scheme}:// needs a library that is not installed", remedy)


def one_line(error: Exception) -> str:
    """Return the message of an exception on one line, or its class if it has none."""
    return " ".join(str(error).split()) or type(error).__name__
