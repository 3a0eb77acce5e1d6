"""What tests of several pages do."""

from __future__ import annotations

import io

from tests.support.site import Seen


def uploaded(form: Seen, content: bytes, button: str = "Look at the lines") -> Seen:
    """Send a file by the form that asks for one."""
    return form.submit(
        {"file": (io.BytesIO(content), "tags.csv")},
        button=button,
        content_type="multipart/form-data",
    )
