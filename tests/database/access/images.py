"""Images: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("cairn_server", "generated_images", "insert"): {
        "id", "name", "prompt", "storage_path", "image_format", "size_bytes", "width", "height",
        "metadata",
    },
    ("authenticated", "generated_images", "update"): {"name"},
    ("authenticated", "generated_images", "delete"): set(),
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.forget_image_leftovers": "for workers, of what is nobody's any more",
        "private.generated_images_leave_file": "a trigger; the file of the row at hand",
        "private.next_image_leftovers": "for workers, who serve everybody; paths only",
    },
}
