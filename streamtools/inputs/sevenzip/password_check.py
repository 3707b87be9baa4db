"""Whether the password of an archive is there and right, found without decoding more than its beginning."""

from streamtools.errors import DataError, StreamtoolsError, UsageError
from streamtools.inputs.sevenzip.archive import CHECK_PASSWORD
from streamtools.inputs.sevenzip.folder_decoder import decode_folder
from streamtools.inputs.sevenzip.header import open_archive
from streamtools.inputs.sevenzip.volumes import open_all_volumes


def find_problem(path: str) -> StreamtoolsError | None:
    """Return what is wrong with the password of an archive of this machine: missing, or wrong; None if all is well.

    Wrong is one with which the list of members, or the beginning of the first encrypted folder, cannot be decoded.
    """
    try:
        with open_all_volumes(path) as file:
            archive = open_archive(file, path)
            encrypted = next((folder for folder in archive.folders if folder.is_encrypted), None)
            if encrypted is None:
                return None
            try:
                next(decode_folder(archive, encrypted), b"")
            except DataError as error:
                return DataError(path, error.problem, CHECK_PASSWORD)
    except UsageError as error:
        return error
    except DataError as error:
        return error if error.remedy == CHECK_PASSWORD else None
    return None
