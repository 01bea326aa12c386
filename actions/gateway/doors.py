"""The check that stands before every route: one function, which knows the kinds of doors of routes.py.

A route and the headers of its request come in; who asks goes out, or an HttpProblem, and then nothing has run.
"""

from __future__ import annotations

from lictor.actions import hasura_webhook
from lictor.actions.gateway import scrape
from lictor.actions.gateway.authentication import Authenticator
from lictor.actions.gateway.headers import Headers, Sender
from lictor.actions.gateway.pages import Pages
from lictor.actions.gateway.responses import Scope
from lictor.actions.gateway.routes import Door, Route
from lictor.actions.identity import Identity
from lictor.settings import Settings

_NOBODY = Identity(None)


class Doors:
    """Opens doors for those who may."""

    def __init__(self, settings: Settings, authenticator: Authenticator, pages: Pages) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._pages = pages

    async def admit(self, route: Route, scope: Scope, headers: Headers) -> Sender:
        """Who asks. Raises HttpProblem for whom the door of `route` stays shut."""
        match route.door:
            case Door.PUBLIC:
                pass
            case Door.KEY:
                self._pages.check(headers)
                return Sender(headers, await self._authenticator.identify(headers))
            case Door.METRICS:
                self._pages.check(headers)
                scrape.check_access(self._settings, headers, scope)
            case Door.SECRET:
                hasura_webhook.check_secret(headers, self._settings.actions_secret)
        return Sender(headers, _NOBODY)
