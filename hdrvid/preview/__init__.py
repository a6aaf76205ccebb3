"""Show a person what an expansion did, in one picture."""

from hdrvid.preview.contact import Look, contact_sheet

__all__ = ["Look", "contact_sheet"]
