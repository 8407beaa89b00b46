"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import click

from doya_cli import interruption

# Of a file its bytes, of a folder those of each of its files by name.
Content: TypeAlias = bytes | Mapping[str, bytes]


def is_store(folder: pathlib.Path) -> bool:
    """Return whether a folder holds what -o has written, and no sweep: it may be replaced."""
    try:
        about = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        return "doya_plan" not in about and about["source"].startswith("doya ")
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def distinct(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """Return the paths without those that name a file again, perhaps by a link."""
    files: dict[str, pathlib.Path] = {}
    for path in paths:
        with _failure_told(path):
            other = files.setdefault(os.path.realpath(path), path)
        if other.suffix.lower() != path.suffix.lower():
            raise click.UsageError(
                f"{str(other)!r} and {str(path)!r} are the same file: name it once."
            )
    return list(files.values())


def require_writable_in(folder: pathlib.Path, names: Iterable[str]) -> None:
    """Raise an error if files cannot be written into a folder, before any work is done.

    The folder may be missing: `write_into` makes it when there is something to write.
    """
    with _failure_in(folder):
        if not _is_there(folder):
            return
    require_writable([folder / name for name in names])


def write_into(folder: pathlib.Path, contents: Mapping[pathlib.Path, Content]) -> None:
    """Write all of the files, or none; their folder is created if it is missing."""
    made: list[pathlib.Path] = []
    try:
        with _failure_in(folder):
            for each in (*reversed(folder.parents), folder):
                try:
                    each.mkdir()
                    made.append(each)
                except OSError:  # most are there, or another process has just made one
                    if not each.is_dir():
                        raise
        write(contents)
    except BaseException:
        with contextlib.suppress(OSError):
            for each in reversed(made):
                each.rmdir()
        raise


def _is_there(folder: pathlib.Path) -> bool:
    """Return whether the folder exists; raise an error if it cannot be written or created."""
    for each in (folder, *folder.parents):
        try:
            os.lstat(each)
        except (FileNotFoundError, NotADirectoryError):  # of the latter an outer one is a file
            continue
        if not each.is_dir():
            raise NotADirectoryError(0, f"{str(each)!r} is not a folder")
        if not os.access(each, os.W_OK):
            words = "it is read-only" if each == folder else os.strerror(errno.EACCES)
            raise PermissionError(errno.EACCES, words)
        return each == folder
    return False


@contextlib.contextmanager
def _failure_in(folder: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"cannot write into {str(folder)!r}: {error.strerror}."
        raise click.ClickException(words) from None


def require_writable(paths: Iterable[pathlib.Path]) -> None:
    """Raise an error if a file cannot be written, before any work is done."""
    for path in paths:
        with _failure_told(path):
            _target_of(path)


def write(contents: Mapping[pathlib.Path, Content]) -> None:
    """Write all of the files, or none."""
    with contextlib.ExitStack() as stack:
        written = [
            stack.enter_context(_written_beside(path, content))
            for path, content in contents.items()
        ]
        with interruption.unheard():
            for take_name in written:
                take_name()


@contextlib.contextmanager
def _written_beside(path: pathlib.Path, content: Content) -> Iterator[Callable[[], object]]:
    """Write a file under another name; yield the function that gives it its own.

    If that function is not called, the file is removed.
    """
    with _failure_told(path):
        target = _target_of(path)
        if isinstance(content, Mapping):
            with _folder_beside(path, target, content) as take_name:
                yield take_name
            return
        if target.exists() and not target.is_file():
            target.write_bytes(content)  # a device or a pipe cannot be replaced
            yield lambda: None
            return
        # A name of its own, not longer than any that the file may have.
        partial = target.with_name(f".doya-{os.getpid()}-{abs(hash(target)):x}")

        def take_name() -> None:
            with _failure_told(path):
                partial.replace(target)

        try:
            partial.write_bytes(content)
            if target.exists():
                partial.chmod(target.stat().st_mode)
            yield take_name
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()


@contextlib.contextmanager
def _folder_beside(
    path: pathlib.Path, target: pathlib.Path, content: Mapping[str, bytes]
) -> Iterator[Callable[[], object]]:
    """Write a folder under another name, as `_written_beside` does; a store may be replaced."""
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(0, "it is not a folder")
    name = f".doya-{os.getpid()}-{abs(hash(target)):x}"
    partial, old = target.with_name(name), target.with_name(f"{name}-old")

    def take_name() -> None:
        with _failure_told(path):
            had = target.exists()
            if had:
                target.rename(old)
            try:
                partial.rename(target)
            except OSError:  # what was there stays
                if had:
                    old.rename(target)
                raise

    try:
        for each, content_of_file in content.items():
            (partial / each).parent.mkdir(parents=True, exist_ok=True)
            (partial / each).write_bytes(content_of_file)
        yield take_name
    finally:
        for left in (partial, old):
            shutil.rmtree(left, ignore_errors=True)


def _target_of(path: pathlib.Path) -> pathlib.Path:
    """Return the path with its links resolved; raise an error if no file can be there."""
    target = pathlib.Path(os.path.realpath(path))
    with contextlib.suppress(FileNotFoundError):
        os.lstat(target)  # fails if its name is too long, of which Python 3.14 says: not there
    if target.is_dir() and not (path.suffix.lower() == ".zarr" and is_store(target)):
        raise IsADirectoryError(0, "it is a folder")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(0, "it is read-only")
    folder = os.path.join(target.parent, "")
    os.stat(folder)  # fails if there is none
    if (target.is_file() or not target.exists()) and not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return target


@contextlib.contextmanager
def _failure_told(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"cannot write {str(path)!r}: {error.strerror}.") from None
