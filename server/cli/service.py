"""`waypost serve` and `waypost worker`: the long-running processes."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli import invocation


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default 127.0.0.1: only this machine.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one. Default 8080."),
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--i-am-behind-a-proxy", help="A proxy in front speaks TLS. Set WAYPOST_PUBLIC_URL as well."
        ),
    ] = False,
    plain_http: Annotated[
        bool,
        typer.Option("--plain-http", help="A trial without TLS: the whole network can read along."),
    ] = False,
) -> None:
    """Serve tablets and readers over HTTP until Ctrl-C.

    Listens on this machine only unless --host says otherwise, which needs TLS (docs/SETTINGS.md). On SQLite
    the processing worker runs inside; on PostgreSQL start `waypost worker` processes beside it. Refuses to
    start when the database would lose acknowledged records in a power cut.

    \b
    waypost serve
    waypost serve --host 0.0.0.0 --i-am-behind-a-proxy
    waypost serve --database postgresql://waypost@localhost/waypost
    """
    from server.serve import serve as run_server

    run_server(
        invocation.settings(
            host=host, port=port, behind_proxy=behind_proxy or None, plain_http=plain_http or None
        )
    )


def worker() -> None:
    """Process what was received, until Ctrl-C. Several may run on PostgreSQL.

    On SQLite `waypost serve` already does this inside.

    \b
    waypost worker --database postgresql://waypost@localhost/waypost
    """
    import signal

    from server.disk_failure import end_process
    from sync.collecting import collect_seldom
    from sync.worker import Worker

    def end(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)  # a shell starts `worker &` with it ignored
    limits = invocation.settings().worker
    with invocation.opened_store() as store:
        store.writer.on_broken = end_process
        working = Worker(store, memory_mb=limits.step_memory_mb, step_seconds=limits.step_seconds)
        invocation.say("Working until Ctrl-C; what was begun then is given back to the queue.")
        try:
            collect_seldom()
            working.run()
        except KeyboardInterrupt:
            working.stop()
