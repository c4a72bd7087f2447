"""Built-in protocols in the terminal."""

from rich.console import Console
from rich.text import Text

from ...protocols.protocol import Protocol
from .listing import print_columns, print_entry


def show_protocols(protocols: list[Protocol], console: Console) -> None:
    """Name, title and source of each; in a file or a pipe, one line each with tabs between."""
    for protocol in protocols:
        if console.is_terminal:
            print_entry(console, Text(protocol.name, style="bold"), protocol.title, *filter(None, [protocol.source]))
        else:
            print_columns(console, (protocol.name, protocol.title, protocol.source or ""))
