"""Who is let in, once her token is believed."""

from graphql_api.admission.denials import Denials
from graphql_api.admission.door import Admission

__all__ = ["Admission", "Denials"]
