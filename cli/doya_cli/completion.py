"""Words that the shell completes besides commands, options and choices."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def first_of(names: tuple[str, ...]) -> Completion:
    """Complete NAME of NAME LOW HIGH; click does not report which word it is; no number fits."""

    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in names if name.startswith(begun)]

    return complete


def path(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Have the shell complete the names of files."""
    return [CompletionItem(begun, type="file")]


def folder(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Have the shell complete the names of folders."""
    return [CompletionItem(begun, type="dir")]
