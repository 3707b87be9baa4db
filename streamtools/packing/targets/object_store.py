"""Blobs as objects of S3 or Google Cloud Storage, by smart_open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from streamtools.errors import CannotCreateError, TransferError
from streamtools.inputs.remote import missing_library, one_line
from streamtools.packing.targets.contract import File, write_and_commit
from streamtools.packing.targets.remote_target import RemoteTarget


class ObjectStore(RemoteTarget):
    """Objects below a URI."""

    def __init__(self, name: str, scheme: str) -> None:
        super().__init__(name)
        self.scheme = scheme

    def begin(self, name: str) -> File:
        return _Object(self.place(name), self.scheme)

    def put(self, name: str, data: bytes) -> None:
        write_and_commit(self.begin(name), data)

    def remove(self, name: str) -> None:
        if self.read(name) is not None:
            problem = "marks the output as complete, and an object cannot be removed from here"
            raise CannotCreateError(self.place(name), problem, "remove it to continue")


class _Object:
    """An object, which is there once its upload has been completed, and not before."""

    def __init__(self, uri: str, scheme: str) -> None:
        self.uri = uri
        try:
            import smart_open

            self.file: BinaryIO = smart_open.open(uri, "wb", compression="disable")
        except ImportError as error:
            raise missing_library(uri, scheme) from error
        except Exception as error:  # each library raises its own kinds
            raise CannotCreateError(uri, f"cannot be written: {one_line(error)}") from error

    def write(self, data: bytes) -> None:
        with self._explain_errors():
            self.file.write(data)

    def flush(self) -> None:
        pass

    def commit(self) -> None:
        with self._explain_errors():
            self.file.close()

    def abort(self) -> None:
        self.file.terminate()  # type: ignore[attr-defined]  # of smart_open: drops the upload

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise TransferError(self.uri, f"writing failed: {one_line(error)}") from error
