"""Checks a decision that `limpid ledger export` wrote, by the public key alone and without any code of Limpid.

    python tests/python/log_export.py decision.json log.pub

What is checked: the signature over the head (Ed25519), the proof from the decision's leaf to the root that the head
names (RFC 6962), that the leaf is this decision's, and that what is opened is what the leaf commits to.
"""

import hashlib
import json
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def signed_text(head):
    """The text that was signed: of a seal if the head has an ordinal, else of a head."""
    seal = "ordinal" in head
    lines = ["limpid log seal v1", f"ordinal {head['ordinal']}"] if seal else ["limpid log head v1"]
    lines += [f"{name} {head[name]}" for name in ("day", "writer", "length", "root", "at")]
    lines += [f"previous {head['previous']}"] if seal else []
    return "".join(line + "\n" for line in lines).encode()


def root(leaf, index, length, proof):
    """The root to which a proof leads (RFC 9162, section 2.1.3.2)."""
    at, last, found = index, length - 1, sha256(b"\0", leaf)
    assert at <= last, "the tree has no such leaf"
    for beside in map(bytes.fromhex, proof):
        assert last, "the proof is too long"
        if at & 1 or at == last:
            found = sha256(b"\1", beside, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = sha256(b"\1", found, beside)
        at, last = at >> 1, last >> 1
    assert not last, "the proof is too short"
    return found


def check(export, public_key):
    """What the export says of the decision; None when it was erased. Raises when anything does not hold."""
    head = export["head"]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    key.verify(bytes.fromhex(head["signature"]), signed_text(head))
    leaf = bytes.fromhex(export["leaf"])
    assert root(leaf, export["index"], head["length"], export["proof"]).hex() == head["root"], "not in the tree"
    (tenant_bytes,) = struct.unpack(">I", leaf[9:13])
    tenant, rest = leaf[13 : 13 + tenant_bytes].decode(), leaf[13 + tenant_bytes :]
    assert tenant == export["tenant"], "the leaf is of another tenant"
    assert rest[:16].hex() == export["decision"].replace("-", ""), "the leaf is another decision's"
    commitment = rest[64:96]
    if "opened" not in export:
        return None
    assert sha256(bytes.fromhex(export["opened"]["bytes"])) == commitment, "opened is not what was logged"
    return export["opened"]["told"]


if __name__ == "__main__":
    with open(sys.argv[1]) as file, open(sys.argv[2]) as key:
        print(json.dumps(check(json.load(file), key.read().strip()), indent=1))
