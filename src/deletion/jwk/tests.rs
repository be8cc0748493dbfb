use super::*;

/// The claims of RFC 7515, appendices A.2 and A.3, as they are signed.
const CLAIMS: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// RFC 7515, appendix A.2.
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RSA_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

/// RFC 7515, appendix A.3.
const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const P256_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn rsa_key() -> Value {
    json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
}

fn p256_key() -> Value {
    json!({"kty": "EC", "crv": "P-256", "kid": "a", "x": P256_X, "y": P256_Y})
}

fn with(mut key: Value, name: &str, value: impl Into<Value>) -> Value {
    key[name] = value.into();
    key
}

fn without(mut key: Value, name: &str) -> Value {
    key.as_object_mut().unwrap().remove(name).unwrap();
    key
}

/// What a key is refused with.
fn refusal(key: &Value) -> String {
    Jwk::parse(key).unwrap_err().to_string()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn octets(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Whether none of what is left of a good signature after a change of any one bit is good.
fn no_bit_is_free(key: &Jwk, message: &[u8], signature: &[u8]) -> bool {
    (0..signature.len() * 8).all(|bit| {
        let mut other = signature.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        !key.has_signed(message, &other)
    })
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    // Section 3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let key = Jwk::parse(&with(rsa_key(), "n", n)).unwrap();
    assert_eq!(key.key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn the_es256_signature_of_rfc_7515_is_good_and_none_beside_it() {
    let key = Jwk::parse(&p256_key()).unwrap();
    let (message, signature) = (format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}"), octets(P256_SIGNATURE));
    let message = message.as_bytes();
    assert!(key.has_signed(message, &signature));
    assert!(!key.has_signed(&message[1..], &signature));
    assert!(no_bit_is_free(&key, message, &signature));
    for zero in [0..32, 32..64, 0..64] {
        let mut other = signature.clone();
        other[zero.clone()].fill(0);
        assert!(!key.has_signed(message, &other), "{zero:?}");
    }
    // The same two numbers in ASN.1, cut, and with a byte more at either end.
    let (r, s) = signature.split_at(32);
    let asn1 = [[0x30, 69, 2, 32].as_slice(), r, &[2, 33, 0], s].concat();
    for other in [asn1.as_slice(), &[], &signature[..63], &[&[0], &signature[..]].concat()] {
        assert!(!key.has_signed(message, other), "{} bytes", other.len());
    }
    assert!(!key.has_signed(message, &[&signature[..], &[0]].concat()));
    assert!(!key.has_signed(message, &[s, r].concat()));
}

#[test]
fn the_rs256_signature_of_rfc_7515_is_good_and_none_beside_it() {
    let key = Jwk::parse(&rsa_key()).unwrap();
    let (message, signature) = (format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}"), octets(RSA_SIGNATURE));
    let message = message.as_bytes();
    assert!(key.has_signed(message, &signature));
    assert!(!key.has_signed(&message[1..], &signature));
    assert!(no_bit_is_free(&key, message, &signature));
    let modulus = octets(RSA_N);
    for other in [&[], &signature[..255], &signature[1..], &[0; 256], &[1; 256], &[0xff; 256], &modulus[..]] {
        assert!(!key.has_signed(message, other), "{} bytes", other.len());
    }
    assert!(!key.has_signed(message, &[&[0], &signature[..]].concat()));
    assert!(!key.has_signed(message, &[&signature[..], &[0]].concat()));
}

#[test]
fn a_key_with_the_least_and_the_most_it_may_have_is_read() {
    let modulus = |bytes: usize, first: u8| {
        let mut number = vec![0xff; bytes];
        number[0] = first;
        with(rsa_key(), "n", text(&number))
    };
    for key in [modulus(256, 0x80), modulus(1024, 0xff)] {
        assert_eq!(Jwk::parse(&key).unwrap().algorithm(), Algorithm::Rs256);
    }
    let rule = "n: must be odd and of 2048 to 8192 bits, in base64url without padding or leading zeros";
    for key in [modulus(256, 0x7f), modulus(256, 0), modulus(255, 0xff), modulus(1025, 1), modulus(257, 0)] {
        assert_eq!(refusal(&key), rule);
    }
    let exponent = |number: u64| {
        let bytes = number.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        with(rsa_key(), "e", text(&bytes[zeros..]))
    };
    for e in [3, 17, 65_537, (1 << 32) + 1, EXPONENT_MAX] {
        assert!(Jwk::parse(&exponent(e)).is_ok(), "{e}");
    }
    let rule = "e: must be odd, over 1 and of at most 33 bits, in base64url without padding or leading zeros";
    for e in [0, 1, 2, 65_536, EXPONENT_MAX + 1, EXPONENT_MAX + 2, u64::MAX] {
        assert_eq!(refusal(&exponent(e)), rule, "{e}");
    }
    // The specification has one with spaces.
    for kid in ["!", "~", "a key of ours", &"a".repeat(128)] {
        assert_eq!(Jwk::parse(&with(p256_key(), "kid", kid)).unwrap().kid(), kid);
    }
}

#[test]
fn what_is_published_is_read_again_and_is_all_there_is_to_know() {
    for key in [rsa_key(), p256_key()] {
        let key = Jwk::parse(&key).unwrap();
        assert_eq!(Jwk::parse(&key.to_json()).unwrap(), key);
    }
    let published = json!({
        "kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "a", "alg": "ES256", "use": "sig",
    });
    assert_eq!(Jwk::parse(&p256_key()).unwrap().to_json(), published);
}

#[test]
fn what_says_nothing_of_the_key_is_ignored() {
    let key = with(with(rsa_key(), "key_ops", json!(["sign", "verify"])), "use", "sig");
    let key = with(with(with(key, "x5t", "AA"), "more", json!({"d": 1})), "crv", 5);
    assert_eq!(Jwk::parse(&key), Jwk::parse(&rsa_key()));
    assert!(Jwk::parse(&without(rsa_key(), "alg")).is_ok());
}

#[test]
fn a_private_or_shared_key_is_refused_by_what_makes_it_one() {
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let rule = "must not be there: it is of a private key; list the public one";
        for key in [p256_key(), rsa_key()] {
            for value in [json!("AA"), json!(null)] {
                assert_eq!(refusal(&with(key.clone(), name, value)), format!("{name}: {rule}"));
            }
        }
    }
}

#[test]
fn a_point_beside_the_curve_is_refused() {
    let rule = "x: must be, with y, a point of P-256";
    assert_eq!(refusal(&with(with(p256_key(), "x", P256_Y), "y", P256_X)), rule);
    assert_eq!(refusal(&with(p256_key(), "x", P256_Y)), rule);
    // The origin, and coordinates that are no members of the field.
    for byte in [0, 0xff] {
        let number = text(&[byte; COORDINATE]);
        assert_eq!(refusal(&with(with(p256_key(), "x", number.as_str()), "y", number)), rule);
    }
}

#[test]
fn what_is_no_public_key_for_signatures_is_refused_by_its_member() {
    for value in [json!(null), json!([]), json!("key"), json!(7)] {
        assert_eq!(refusal(&value), "key: must be a JSON object");
    }
    let rule = "kid: must be 1 to 128 printable ASCII characters";
    for kid in [
        json!(""),
        json!(7),
        json!(null),
        json!("é"),
        json!("a".repeat(129)),
        json!("a\nb"),
        json!("a\u{7f}"),
    ] {
        assert_eq!(refusal(&with(p256_key(), "kid", kid)), rule);
    }
    assert_eq!(refusal(&without(p256_key(), "kid")), rule);
    for kty in [json!("oct"), json!("OKP"), json!("ec"), json!(null)] {
        assert_eq!(refusal(&with(p256_key(), "kty", kty)), "kty: must be EC or RSA");
    }
    assert_eq!(refusal(&without(rsa_key(), "kty")), "kty: must be EC or RSA");
    for crv in [json!("P-384"), json!("secp256k1"), json!(1)] {
        assert_eq!(refusal(&with(p256_key(), "crv", crv)), "crv: must be P-256");
    }
    let rule = "must be 32 bytes in base64url without padding";
    for name in ["x", "y"] {
        let padded = format!("{P256_X}=");
        // Bits that belong to no byte.
        let spare = P256_X.replace("VEU", "VEV");
        let longer = text(&[&[0], &octets(P256_X)[..]].concat());
        for value in ["", "AA", &padded, &spare, &longer, &text(&[1; 31]), "/+/+"] {
            assert_eq!(refusal(&with(p256_key(), name, value)), format!("{name}: {rule}"), "{value}");
        }
        assert_eq!(refusal(&with(p256_key(), name, 5)), format!("{name}: {rule}"));
        assert_eq!(refusal(&without(p256_key(), name)), format!("{name}: {rule}"));
    }
    let rule = "alg: must be ES256 with EC and RS256 with RSA, or absent";
    for alg in [json!("RS256"), json!("none"), json!("HS256"), json!("es256"), json!(1), json!(null)] {
        assert_eq!(refusal(&with(p256_key(), "alg", alg)), rule);
    }
    for alg in ["ES256", "PS256", "RS512", "RSA-OAEP"] {
        assert_eq!(refusal(&with(rsa_key(), "alg", alg)), rule);
    }
    for n in ["", "AQAB", &format!("AA{RSA_N}"), &format!("{RSA_N}=="), &RSA_N.replace("poQ", "poA")] {
        assert!(refusal(&with(rsa_key(), "n", n)).starts_with("n: must be odd"), "{n}");
    }
    assert!(refusal(&without(rsa_key(), "n")).starts_with("n: must be odd"));
    for e in ["", "AQ", "Ag", "AAM", "AQAAAAAAAAAB", "AQAB=", "AAAAAAAAAAAAAw"] {
        assert!(refusal(&with(rsa_key(), "e", e)).starts_with("e: must be odd"), "{e}");
    }
    assert!(refusal(&with(rsa_key(), "e", 65_537)).starts_with("e: must be odd"));
    for purpose in [json!("enc"), json!(["sig"]), json!(null)] {
        assert_eq!(refusal(&with(rsa_key(), "use", purpose)), "use: must be sig, or absent");
    }
    for operations in [json!(["sign"]), json!([]), json!("verify"), json!(null)] {
        let rule = "key_ops: must hold verify, or be absent";
        assert_eq!(refusal(&with(rsa_key(), "key_ops", operations)), rule);
    }
}
