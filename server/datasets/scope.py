"""Who sees which rows and columns, under the name the figures use it by: the policy is `sync/policy`."""

from sync.policy.grants import SEES, Area, Part, row_area
from sync.policy.scope import Scope, scope

__all__ = ["SEES", "Area", "Part", "Scope", "row_area", "scope"]
