"""The ledger as a page somebody prints and takes to the tablet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync.ledger.account import Account
from sync.ledger.safe import SafePage


def ledger_text(name: str, last_seen_at: datetime | None, told: Account, safe: SafePage) -> str:
    """The account in short, then the records the tablet may delete."""
    return "\n".join([f"Ledger of {name}", *_account(last_seen_at, told), *_safe(safe)])


def _account(last_seen_at: datetime | None, told: Account) -> Iterator[str]:
    yield f"Last seen          {_at(last_seen_at)}"
    yield f"Received           {told.submissions}, of these {told.edits} corrections"
    yield f"Held               {told.held}, second bodies {told.conflicts}"
    for device in told.devices:
        yield (
            f"Device             {device.device_id or 'unknown'}: {device.submissions}, from "
            f"{_at(device.first_received_at)} to {_at(device.last_received_at)}"
        )
    for version in told.versions:
        yield f"Form               {version.xml_form_id} {version.version or '-'}: {version.submissions}"
    if told.lag is not None:
        middle, most = _span(told.lag.median_s), _span(told.lag.longest_s)
        yield f"Late by            {middle} in the middle, {most} at most"
        if told.lag.clock_ahead:
            yield f"Clock              {told.lag.clock_ahead} records ended after they came: set it"
    for sequence in told.sequences:
        came = f"{sequence.xml_form_id}: {sequence.first} to {sequence.last}, {sequence.received} came"
        yield f"Numbers            {came}"
        if sequence.missing:
            yield f"  did not come     {', '.join(_range(*one) for one in sequence.missing)}"
        if sequence.question:
            yield f"  question         {sequence.question}"
    for item in told.incomplete:
        files = ", ".join(item.missing) or f"{item.withheld} files"
        yield f"Incomplete         {item.instance_id}: {files}"


def _safe(safe: SafePage) -> Iterator[str]:
    yield ""
    yield f"Stored with all their files, and safe to delete on the tablet ({len(safe.instance_ids)}):"
    yield from (f"  {form}  {instance_id}" for form, instance_id in safe.instance_ids)
    if safe.next is not None:
        yield f"  more after {safe.next}"


def _at(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
