"""Which whole records a reader has, under the name readers of answers use it by; see `sync/policy`."""

from sync.policy.records import RecordScope, record_scope

__all__ = ["RecordScope", "record_scope"]
