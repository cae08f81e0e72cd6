"""The course in the browser: a gallery of lessons, each live, on the reader's own machine.

Nothing here leaves the machine, and nobody else's page reaches it: `gate` says who may speak to the server, `lessons`
what may be said.
"""

from vitral.web.app import create_app
from vitral.web.gate import is_loopback, new_token
from vitral.web.server import PORT, address_of, bind, serve

__all__ = ["PORT", "address_of", "bind", "create_app", "is_loopback", "new_token", "serve"]
