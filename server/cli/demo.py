"""`waypost demo`: an invented country, a week of tablets, and a verdict."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Exit after the verdict: 0 when every promise held.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to serve on; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed is another country and other numbers.")] = 1,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Remove an earlier demo in the folder first.")
    ] = False,
) -> None:
    """See the whole of it work: a dozen simulated tablets send a week of forms over real HTTP.

    Builds an invented country, publishes the library's forms, and lets tablets work with lost answers, cut
    uploads, photos in several requests, an edit before its original, an old form version, a wrong clock, two
    informants reporting one herd, and a server killed in the middle. A process of its own compares what the
    tablets noted with what the server has. The data folder is ./demo-data unless --data says otherwise.

    \b
    waypost demo            then look around until Ctrl-C
    waypost demo --once     exit 0 when every promise held, 1 otherwise
    """
    from pathlib import Path

    from server.demo.run import run_demo

    given = invocation.current.get()
    status = run_demo(
        data=given.data or Path("demo-data"),
        database=given.database,
        port=port,
        seed=seed,
        once=once,
        fresh=fresh,
        as_json=given.json,
    )
    raise typer.Exit(status)
