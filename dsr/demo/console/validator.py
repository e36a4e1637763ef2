"""What the console says about somebody who has signed in."""

import json
from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from dsr.demo.console.people import by_name


class Validator(OAuth2Validator):  # type: ignore[misc]
    """Keeps how and when somebody signed in with the code that they get, and tells it in the ID token."""

    oidc_claim_scope = None

    def _create_authorization_code(self, request: Any, code: Any, expires: Any = None) -> Any:
        request.claims = request.user.signed_in
        return super()._create_authorization_code(request, code, expires)

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        """Return address and account."""
        sign_in = by_name()[request.user.username]
        return {
            "email": sign_in.person.email,
            "email_verified": sign_in.address_verified,
            "account": sign_in.person.account,
        }

    def get_id_token_dictionary(self, token: Any, token_handler: Any, request: Any) -> tuple[dict[str, Any], Any]:
        """Return the claims: `auth_time` and `amr` are those of the session in which the code was given."""
        claims, expires = super().get_id_token_dictionary(token, token_handler, request)
        kept = request.claims if isinstance(request.claims, dict) else json.loads(request.claims)
        return {**claims, "auth_time": kept["auth_time"], "amr": kept["amr"]}, expires
