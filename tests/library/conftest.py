"""What the stories of the library share."""

from tests.forms.enumerator import enumerator

__all__ = ["enumerator"]
