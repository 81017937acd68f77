"""How a receiver knows that a delivery is ours: HMAC-SHA256 over `TIMESTAMP.BODY` under the shared secret.

Headers of each delivery:

- `Waypost-Delivery`: its id, the same in every attempt: who has seen it answers 2xx and does nothing.
- `Waypost-Event`: `submission.created` and so on, as in the body.
- `Waypost-Timestamp`: seconds since 1970, of this attempt. Refuse what is older than five minutes.
- `Waypost-Signature`: `v1=` and the HMAC in hexadecimal digits. Compare in constant time.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """`v1=` and 64 hexadecimal digits."""
    return "v1=" + hmac.digest(secret, b"%d." % timestamp + body, "sha256").hex()


def headers(secret: bytes, delivery: str, event: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers of one attempt."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Waypost-Webhook/1",
        "Accept-Encoding": "identity",
        "Waypost-Delivery": delivery,
        "Waypost-Event": event,
        "Waypost-Timestamp": str(timestamp),
        "Waypost-Signature": signature(secret, timestamp, body),
    }
