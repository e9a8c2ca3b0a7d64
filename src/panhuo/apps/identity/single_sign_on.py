"""Single sign-on by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0; RFC 7636), through Authlib.

Who comes from the issuer finds a seat only where an administrator has written down who he is there (``User.subject``): nobody makes himself a seat, and a
name that the issuer hands to somebody else opens nothing that was not tied to it here. While single sign-on is switched on, a seat tied to it takes no
password, so that whoever is shut out at the issuer is shut out here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from panhuo.apps.identity.models import User
from panhuo.apps.identity.scope import narrow
from panhuo.kernel.words import Words

SECONDS = 10  # for each word from the issuer
SIGNATURES = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)  # none that a holder of public keys can make

AWAY = Words("单点登录服务没有应答，请稍后再试或联系管理员", "The single sign-on does not answer: try again later, or ask your administrator")
REFUSED = Words("单点登录没有完成，请重新登录", "The single sign-on was not completed: sign in again")
NO_SEAT = Words(
    "您的单点登录账号在这里没有席位，或席位已停用：请管理员在用户页登记",
    "Your single sign-on account has no seat here, or it is shut: ask an administrator to enter it on the user's page",
)


class SignOnFailed(Exception):
    """Why the door stays shut: ``words``, and ``kind`` for the log."""

    def __init__(self, words: Words, kind: str) -> None:
        super().__init__(kind)
        self.words, self.kind = words, kind


class _Issuer(Protocol):
    server_metadata: dict[str, Any]

    def load_server_metadata(self) -> dict[str, Any]: ...
    def authorize_redirect(self, request: HttpRequest, redirect_uri: str) -> HttpResponse: ...
    def authorize_access_token(self, request: HttpRequest, **options: Any) -> dict[str, Any]: ...


def single_sign_on() -> bool:
    """Whether this installation has one."""
    return bool(settings.PANHUO_OIDC["issuer"] and settings.PANHUO_OIDC["client_id"])


def sign_on_begin(request: HttpRequest, back: str) -> HttpResponse:
    """The way to the issuer, which sends the visitor on to ``back``. Raises SignOnFailed."""
    return cast("HttpResponse", _asked(lambda issuer: issuer.authorize_redirect(request, back)))


def sign_on_end(request: HttpRequest) -> User:
    """The seat of whom the issuer vouches for. Raises SignOnFailed."""
    expected = {
        "iss": {"essential": True, "values": [settings.PANHUO_OIDC["issuer"]]},
        "aud": {"essential": True, "values": [settings.PANHUO_OIDC["client_id"]]},
    }
    answer = _asked(lambda issuer: issuer.authorize_access_token(request, claims_options=expected, leeway=60))
    subject = _subject(answer.get("userinfo") or {})
    narrow(None, signing_in=subject)
    user = User.objects.select_related("organisation").filter(subject=subject).first()
    if user is None or not user.is_active or not user.organisation.active or user.role == "debtor":
        raise SignOnFailed(NO_SEAT, "no seat")
    return user


def _subject(claims: dict[str, Any]) -> str:
    """The claim that seats are known by; an e-mail address only if the issuer has verified it."""
    claim = settings.PANHUO_OIDC["claim"]
    value = claims.get(claim)
    if not isinstance(value, str) or not value.strip() or len(value) > 255:
        raise SignOnFailed(REFUSED, f"claim {claim} is missing")
    if claim == "email" and claims.get("email_verified") is not True:
        raise SignOnFailed(NO_SEAT, "e-mail not verified")
    return value.strip()


def _asked(question: Callable[[_Issuer], Any]) -> Any:
    """What the issuer answers; everything that can go wrong between it and us told as SignOnFailed."""
    import requests
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        issuer = _issuer(*(settings.PANHUO_OIDC[name] for name in ("issuer", "client_id", "client_secret")))
        _keep_signatures(issuer)
        return question(issuer)
    except (requests.RequestException, RuntimeError) as error:
        raise SignOnFailed(AWAY, type(error).__name__) from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
        raise SignOnFailed(REFUSED, type(error).__name__) from error


@lru_cache(maxsize=4)
def _issuer(issuer: str, client_id: str, client_secret: str) -> _Issuer:
    from authlib.integrations.django_client import OAuth

    return cast(
        "_Issuer",
        OAuth().register(
            "issuer",
            client_id=client_id,
            client_secret=client_secret or None,
            server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": SECONDS},
        ),
    )


def _keep_signatures(issuer: _Issuer) -> None:
    """An issuer that speaks for another, or whose every signature is weak, is none."""
    metadata = issuer.load_server_metadata()
    if metadata.get("issuer") != settings.PANHUO_OIDC["issuer"]:
        issuer.server_metadata.clear()
        raise SignOnFailed(AWAY, "the metadata name another issuer")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in SIGNATURES]
