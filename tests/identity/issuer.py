"""An OpenID Connect issuer on loopback, whole but for the page where a person signs in: it vouches for whom it is told to, and can be made to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "panhuo-desk", "the client's secret"


class Issuer:
    """``claims`` override what a right token says; ``sign`` chooses how it is signed: "own", "stranger", "none", "hmac"; ``metadata`` likewise."""

    def __init__(self) -> None:
        self.key, self.stranger = (RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}) for _ in range(2))
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.sign, self.broken = "own", False
        self.asked: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def approve(self, location: str) -> dict[str, str]:
        """The person at the address ``location`` has signed in: what the browser is sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        self.asked[code] = asked
        return {"code": code, "state": asked["state"]}

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        } | self.metadata

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        right = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.asked.pop(form.get("code", ""), None)
        if asked is None or authorization.replace("%27", "'").replace("%20", " ") not in (right, _quoted()):
            return 400, {"error": "invalid_grant"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(timezone.now().timestamp())
        claims = {"iss": self.address, "sub": "u-17", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.sign == "none":
            parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
            return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."
        if self.sign == "hmac":  # with the public key for a secret, which everyone has
            secret = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": "k1"}, claims, secret, algorithms=["HS256"])
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key if self.sign == "own" else self.stranger)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages = {"/.well-known/openid-configuration": issuer._discovery, "/keys": lambda: {"keys": [issuer.key.as_dict(private=False)]}}
                page = pages.get(self.path)
                self._say(503 if issuer.broken else 200 if page else 404, page() if page else {})

            def do_POST(self) -> None:
                form = {name: v[0] for name, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
                self._say(*issuer._token(form, self.headers.get("Authorization", "")))

            def _say(self, status: int, what: dict[str, Any]) -> None:
                body = json.dumps(what).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *what: Any) -> None: ...

        return Handler


def _quoted() -> str:
    from urllib.parse import quote

    return "Basic " + base64.b64encode(f"{quote(CLIENT)}:{quote(SECRET)}".encode()).decode()
