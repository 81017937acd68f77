"""One attempt to deliver: a POST to an address that was looked at, with limits on time and size.

Redirects are not followed, proxies of the environment are not used, and a connection is never used for a
second delivery: one name's TLS connection must not carry another name's delivery because both have one
address. Of the answer no more than its beginning is read.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import httpx

from server.webhooks.address import AddressRefused, Policy, resolved
from server.webhooks.signing import headers
from sync.webhooks.queue import Attempt, Outgoing

CONNECT_S = 5.0
WHOLE_S = 15.0
_READ = 1024  # bytes of an answer
_SHOWN = 200

_NAMES = ThreadPoolExecutor(max_workers=16, thread_name_prefix="webhook names")
"""Apart from everything else: a name server that hangs holds up look-ups only."""


async def attempt(outgoing: Outgoing, policy: Policy) -> Attempt:
    """Send it once. Never raises for what the receiver, the network or the address does."""
    try:
        async with asyncio.timeout(WHOLE_S):
            return await _post(outgoing, policy)
    except AddressRefused as refused:
        return Attempt(None, str(refused)[:_SHOWN])
    except TimeoutError:
        return Attempt(None, f"No answer within {WHOLE_S:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Attempt(None, f"The connection failed ({type(error).__name__}).")


async def _post(outgoing: Outgoing, policy: Policy) -> Attempt:
    loop = asyncio.get_running_loop()
    host, address = await loop.run_in_executor(_NAMES, resolved, outgoing.url, policy)
    url = httpx.URL(outgoing.url)
    named = headers(outgoing.secret, outgoing.uuid, outgoing.event, int(time.time()), outgoing.body)
    pinned = url.copy_with(host=address)
    async with httpx.AsyncClient(
        verify=_tls(),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
    ) as client:
        request = client.build_request(
            "POST",
            pinned,
            content=outgoing.body,
            headers={**named, "Host": url.netloc.decode("ascii"), "Connection": "close"},
            extensions={"sni_hostname": host},
        )
        answer = await client.send(request, stream=True)
        try:
            return Attempt(answer.status_code, await _beginning(answer))
        finally:
            await answer.aclose()


async def _beginning(answer: httpx.Response) -> str:
    if answer.is_redirect:
        return "It redirects, which is not followed: give the address it leads to."
    read = b""
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= _READ:
            break
    text = read[:_READ].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text)[:_SHOWN]


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
