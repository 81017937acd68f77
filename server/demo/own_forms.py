"""Forms of the demo that are not in the library: small, mapped, and each there for a story."""

from __future__ import annotations

_COLUMNS = "| | type | name | label | required | harmonise | sensitivity |"

MARKET_COUNT = f"""
| survey |
{_COLUMNS}
| | start | start | | | | |
| | end | end | | | | |
| | deviceid | deviceid | | | | |
| | select_one_from_file fmp.csv | place | Point beside the market | yes | flow.place_id | public |
| | date | day | Market day | yes | flow.reporting_date | public |
| | integer | n_ind | Movements to the market | yes | flow.n_ind | public |
| | select_one direction | direction | Direction | yes | flow.direction | public |
| | image | photo_north | Photo of the north gate | | | internal |
| | image | photo_stalls | Photo of the stalls | | | internal |
| | image | photo_road | Photo of the road | | | internal |
| choices |
| | list_name | name | label |
| | direction | incoming | Incoming |
| | direction | outgoing | Outgoing |
| settings |
| | form_id | form_title | version | harmonise |
| | market_count | Market count | 1 | flow{{flow_tool=FMC}} |
"""
"""Three photos: what it takes to send one submission in three requests."""

NIGHT_COUNT = f"""
| survey |
{_COLUMNS}
| | start | start | | | | |
| | end | end | | | | |
| | deviceid | deviceid | | | | |
| | text | place | Code of the point | yes | flow.place_id | public |
| | date | night | Night that began on | yes | flow.reporting_date | public |
| | integer | n_ind | Movements heard | yes | flow.n_ind | public |
| settings |
| | form_id | form_title | version | harmonise |
| | night_count | Night count | 1 | flow{{flow_tool=EET}} |
"""
"""A tablet brings it before anybody published it; it is published at the end of the week."""

SCHOOL_VISIT = f"""
| survey |
{_COLUMNS}
| | text | school | School | yes | | internal |
| | integer | pupils | Pupils displaced | yes | | internal |
| settings |
| | form_id | form_title | version |
| | school_visit | School visit | 1 |
"""
"""A form of another programme, never published here: what comes of it is held, not refused."""


def next_version(xlsform: bytes, old: str, new: str) -> bytes:
    """The same form as its author would release it later: a new version, and one question more."""
    text = xlsform.decode()
    comment = next(line for line in text.splitlines() if line.startswith("| | text | comment |"))
    asked = comment.replace("| | text | comment |", "| | text | weather |", 1)
    asked = asked.replace("| Comment | Commentaire |", "| Weather | Météo |", 1)
    return text.replace(comment, f"{asked}\n{comment}", 1).replace(old, new).encode()
