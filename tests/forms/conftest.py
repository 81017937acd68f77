"""What the stories about forms share."""

from tests.forms.enumerator import enumerator

__all__ = ["enumerator"]
