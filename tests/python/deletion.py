"""A data deletion request of the IAB Tech Lab, made and read by another implementation: the keys, signatures and JSON of
Python's `cryptography` and standard library alone.
"""

import base64
import json
import urllib.error
import urllib.request

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

US, SHOP, AGENCY = "limpid.example", "shop.example", "agency.example"


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value, length=None):
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Party:
    """A participant with a key: RSA or P-256."""

    def __init__(self, domain, key):
        self.domain, self.key, self.kid = domain, key, f"key of {domain}"

    def jwk(self):
        public = self.key.public_key().public_numbers()
        if isinstance(self.key, rsa.RSAPrivateKey):
            kind = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        else:
            kind = {"kty": "EC", "crv": "P-256", "x": number(public.x, 32), "y": number(public.y, 32)}
        return {**kind, "kid": self.kid}

    def sign(self, claims):
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        header = {"typ": "JWT", "alg": "RS256" if is_rsa else "ES256", "kid": self.kid}
        signed = ".".join(encode(json.dumps(part).encode()) for part in (header, {**claims, "iss": self.domain}))
        if is_rsa:
            signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = utils.decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"{signed}.{encode(signature)}"


def opened(token, published):
    """What a token says, whose signature a published key has made."""
    header, payload, signature = token.split(".")
    kid = json.loads(decode(header))["kid"]
    (key,) = [key for key in published["keys"] if key["kid"] == kid]
    x, y = (int.from_bytes(decode(key[name]), "big") for name in ("x", "y"))
    raw = decode(signature)
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    public.verify(utils.encode_dss_signature(r, s), f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(decode(payload))


class Chain:
    """A shop that signs by RSA, and an agency that signs by P-256."""

    def __init__(self):
        self.shop = Party(SHOP, rsa.generate_private_key(public_exponent=65537, key_size=2048))
        self.agency = Party(AGENCY, ec.generate_private_key(ec.SECP256R1()))

    def participants(self, key_file):
        return {
            "domain": US,
            "endpoint": "https://ads.limpid.example/deletion-requests",
            "keys": [key_file],
            "identifiers": [{"type": "customer_id", "format": "plain"}],
            "participants": [
                {"domain": SHOP, "tenant": "demo", "jwks": {"keys": [self.shop.jwk()]}},
                {"domain": AGENCY, "forwards_for": [SHOP], "jwks": {"keys": [self.agency.jwk()]}},
            ],
        }

    def first(self, person, now):
        """Version 1.0, from the shop itself."""
        sub = {"identifierValue": person, "identifierType": "customer_id", "identifierFormat": "plain"}
        asked = self.shop.sign({"version": "1.0", "jti": f"asked-{person}", "sub": sub, "iat": now})
        return self.shop.sign({"version": "1.0", "jti": f"sent-{person}", "sub": sub, "iat": now, "idJWT": asked})

    def second(self, person, now):
        """Version 2.0, passed on by the agency."""
        asked = self.shop.sign({"version": "2.0", "jti": f"asked-{person}", "iat": now})
        who = {"identifierValue": person, "identifierType": "customer_id", "identifierFormat": "plain"}
        return self.agency.sign({"version": "2.0", "jti": f"sent-{person}", "iat": now, "orJWT": asked, **who})


def send(address, token):
    """The status and the acknowledgement, opened by the key that is published."""
    body = json.dumps({"rqJWT": token}).encode()
    asked = urllib.request.Request(f"{address}/deletion-requests", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(asked) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    with urllib.request.urlopen(f"{address}/.well-known/iabtl/jwks.json") as published:
        told = opened(json.loads(text)["acJWT"], json.load(published))
    assert told["iss"] == US and told["rqJWT"] == token, told
    return status, told["raResultCode"]
