"""All tables. Importing this package fills `metadata`, which the migrations are held against."""

from sync.tables.access import actor, assignment, token, user_account, user_session
from sync.tables.base import BigId, Json, UtcInstant, metadata
from sync.tables.codes import code, code_crosswalk, code_list
from sync.tables.derived import (
    answer_row,
    decision,
    duplicate_candidate,
    duplicate_key,
    duplicate_pair,
    flag,
    tag,
)
from sync.tables.dimensions import enumerator, operation, round_
from sync.tables.harmonised import HARMONISED, baseline, event, flow, flow_split, observation, profile
from sync.tables.log import audit, change, erasure, origin, receipt_event
from sync.tables.places import (
    admin_alias,
    admin_area,
    boundary_release,
    corridor,
    expected_observation,
    place,
    place_status,
    release_activation,
)
from sync.tables.records import attachment, raw_body, record_key, submission, submission_version
from sync.tables.registry import (
    form,
    form_mapping,
    form_media,
    form_version,
    key_informant,
    organisation,
    project,
)

__all__ = [
    "HARMONISED",
    "BigId",
    "Json",
    "UtcInstant",
    "actor",
    "admin_alias",
    "admin_area",
    "answer_row",
    "assignment",
    "attachment",
    "audit",
    "baseline",
    "boundary_release",
    "change",
    "code",
    "code_crosswalk",
    "code_list",
    "corridor",
    "decision",
    "duplicate_candidate",
    "duplicate_key",
    "duplicate_pair",
    "enumerator",
    "erasure",
    "event",
    "expected_observation",
    "flag",
    "flow",
    "flow_split",
    "form",
    "form_mapping",
    "form_media",
    "form_version",
    "key_informant",
    "metadata",
    "observation",
    "operation",
    "organisation",
    "origin",
    "place",
    "place_status",
    "profile",
    "project",
    "raw_body",
    "receipt_event",
    "record_key",
    "release_activation",
    "round_",
    "submission",
    "submission_version",
    "tag",
    "token",
    "user_account",
    "user_session",
]
