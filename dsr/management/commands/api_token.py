"""`manage.py api_token`: makes, lists and revokes tokens of the programming interface."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from dsr.api.scopes import Bearing
from dsr.models import ApiToken, Scope

_MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Make a token for the programming interface (shown once), list tokens, or revoke one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word for what to do, and what that needs."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Make a token. It can do no more than its owner.")
        create.add_argument("--user", required=True, metavar="NAME", help="User name of the owner.")
        create.add_argument(
            "--scope", required=True, nargs="+", action="extend", choices=Scope.values, help="What the token may do."
        )
        create.add_argument("--name", default="", help="What the token is for, to know it again.")
        create.add_argument("--days", type=int, default=365, help="Days until it ends (365).")
        listing = actions.add_parser("list", help="List tokens, without what would open anything.")
        listing.add_argument("--user", metavar="NAME", help="Only those of one owner.")
        revoke = actions.add_parser("revoke", help="End a token at once.")
        revoke.add_argument("key", help="The first characters of the token, as `list` shows them.")
        for each in (create, listing, revoke):
            each.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked and print what came of it."""
        actions = {"create": self._create, "list": self._list, "revoke": self._revoke}
        lines, answer = actions[options["action"]](options)
        self.stdout.write(json.dumps(answer) if options["json"] else "\n".join(lines))

    def _create(self, options: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        if not 1 <= options["days"] <= _MOST_DAYS:
            raise CommandError(f"--days: give 1 to {_MOST_DAYS}")
        if len(options["name"]) > 80:
            raise CommandError("--name: use at most 80 characters")
        owner = self._owner(options["user"])
        token, secret = ApiToken.objects.create(
            user=owner,
            expiry=timedelta(days=options["days"]),
            name=options["name"],
            scopes=sorted(set(options["scope"])),
        )
        idle = sorted(set(token.scopes) - Bearing(owner, token).scopes)
        answer = {**self._shown(token), "token": secret, "without_permission": idle}
        lines = [secret, "This is shown once. Send it as: Authorization: Bearer <token>"]
        if idle:
            lines.append(f"{owner} lacks the permissions behind {', '.join(idle)}; until then they do nothing.")
        return lines, answer

    def _list(self, options: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        tokens = ApiToken.objects.select_related("user").order_by("user__username", "created")
        if options["user"]:
            tokens = tokens.filter(user=self._owner(options["user"]))
        shown = [self._shown(token) for token in tokens]
        return ["  ".join(str(value) for value in each.values()) for each in shown] or ["No tokens."], shown

    def _revoke(self, options: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        found = list(ApiToken.objects.filter(token_key=options["key"][:15])[:2])
        if len(found) != 1 or len(options["key"]) < 15:
            raise CommandError("no token begins like that; `api_token list` shows the first characters of each")
        shown = self._shown(found[0])
        found[0].delete()
        return ["Revoked."], {**shown, "revoked": True}

    @staticmethod
    def _owner(name: str) -> User:
        owner = get_user_model().objects.filter(username=name, is_active=True).first()
        if owner is None:
            raise CommandError(f"--user: there is no active account {name!r}; make one in the console first")
        return owner

    @staticmethod
    def _shown(token: ApiToken) -> dict[str, Any]:
        return {
            "key": token.token_key,
            "user": token.user.get_username(),
            "name": token.name,
            "scopes": token.scopes,
            "expires": token.expiry.isoformat() if token.expiry else None,
            "last_used_on": token.last_used_on.isoformat() if token.last_used_on else None,
        }
