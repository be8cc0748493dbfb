use std::sync::OnceLock;

use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding};
use serde_json::json;

use super::*;
use crate::deletion::SigningKey;

const HEADER: &str = r#"{"alg":"ES256","kid":"a"}"#;

/// The key pair of RFC 7515, appendix A.2.
const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const D: &str = "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ";
const P: &str = "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
const Q: &str = "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";
const DP: &str = "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0";
const DQ: &str = "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU";
const QI: &str = "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U";

fn key() -> SigningKey {
    SigningKey::of(&SigningKey::fresh().unwrap()).unwrap()
}

/// The public key of `key` under another id.
fn named(key: &SigningKey, kid: &str) -> Jwk {
    let mut public = key.public().to_json();
    public["kid"] = kid.into();
    Jwk::parse(&public).unwrap()
}

fn rsa_key() -> Jwk {
    Jwk::parse(&json!({"kty": "RSA", "n": N, "e": "AQAB", "kid": "a"})).unwrap()
}

/// What the RSA key signs, in whichever way.
fn signed_by_rsa(message: &str, how: &'static dyn RsaEncoding) -> Vec<u8> {
    let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let pair = KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: octets(N), e: vec![1, 0, 1] },
        d: octets(D),
        p: octets(P),
        q: octets(Q),
        dP: octets(DP),
        dQ: octets(DQ),
        qInv: octets(QI),
    });
    let pair = pair.unwrap();
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(how, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of these texts, with a signature of some bytes.
fn token(header: &str, payload: &str) -> String {
    signed(header, payload, |_| b"signature".to_vec())
}

/// A token of these texts, signed in this way.
fn signed(header: &str, payload: &str, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(header), part(payload));
    let signature = part(sign(&message));
    format!("{message}.{signature}")
}

fn parts(token: &str) -> [String; 3] {
    token.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}

fn verified(token: &str, key: &Jwk) -> Result<Claims, TokenError> {
    Jws::parse(token)?.verify(key)
}

/// What a token is refused with.
fn refusal(token: &str) -> String {
    match Jws::parse(token) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("read: {token}"),
    }
}

#[test]
fn what_a_listed_key_signed_is_read_and_nothing_else() {
    let key = key();
    let token = key.sign(&json!({"iss": "shop.example", "n": {"deep": [1, null, true, 1.5]}})).unwrap();
    let read = Jws::parse(&token).unwrap();
    assert_eq!(read.kid(), key.public().kid());
    assert_eq!(read.unverified().text("iss"), Some("shop.example"));
    let claims = read.verify(key.public()).unwrap();
    assert_eq!(claims.get("n"), Some(&json!({"deep": [1, null, true, 1.5]})));
    assert_eq!((claims.text("n"), claims.text("sub"), claims.get("sub")), (None, None, None));

    // Another key under the same id.
    let other = named(&self::key(), key.public().kid());
    assert_eq!(verified(&token, &other), Err(TokenError::Signature));
    // What another token says under this one's signature, and the other way about.
    let second = key.sign(&json!({"iss": "other.example"})).unwrap();
    let (first, second) = (parts(&token), parts(&second));
    for swapped in [[&first[0], &second[1], &first[2]], [&first[0], &first[1], &second[2]]] {
        let swapped = swapped.map(String::as_str).join(".");
        assert_eq!(verified(&swapped, key.public()), Err(TokenError::Signature));
    }
    // The same header, written otherwise.
    let spaced = format!(r#"{{"alg": "ES256","kid":"{}","typ":"JWT"}}"#, key.public().kid());
    let spaced = [part(spaced), first[1].clone(), first[2].clone()].join(".");
    assert_eq!(verified(&spaced, key.public()), Err(TokenError::Signature));
}

#[test]
fn an_rs256_token_is_good_by_its_key_and_its_padding_alone() {
    let header = r#"{"typ":"JWT","alg":"RS256","kid":"a"}"#;
    let of =
        |how: &'static dyn RsaEncoding| signed(header, r#"{"iss":"a"}"#, |text| signed_by_rsa(text, how));
    let good = of(&RSA_PKCS1_SHA256);
    assert_eq!(verified(&good, &rsa_key()).unwrap().text("iss"), Some("a"));
    for how in [&RSA_PSS_SHA256 as &'static dyn RsaEncoding, &RSA_PKCS1_SHA512] {
        assert_eq!(verified(&of(how), &rsa_key()), Err(TokenError::Signature));
    }
    let [header, _, signature] = parts(&good);
    let swapped = [header, part(r#"{"iss":"b"}"#), signature].join(".");
    assert_eq!(verified(&swapped, &rsa_key()), Err(TokenError::Signature));
}

#[test]
fn numbers_that_are_no_signature_do_not_pass_for_one() {
    let key = key();
    let good = key.sign(&json!({"iss": "a"})).unwrap();
    let [header, payload, signature] = parts(&good);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = signature.split_at(32);
    // What is 128 or more at its beginning has a byte in front in ASN.1.
    let number = |bytes: &[u8]| match bytes[0] {
        0..0x80 => [&[2, 32], bytes].concat(),
        _ => [&[2, 33, 0], bytes].concat(),
    };
    let numbers = [number(r), number(s)].concat();
    let length = u8::try_from(numbers.len()).unwrap();
    let asn1 = [&[0x30, length], &numbers[..]].concat();
    let zeros = [0; 32];
    for other in [
        asn1,
        [&zeros, s].concat(),
        [r, &zeros].concat(),
        vec![0; 64],
        vec![0xff; 64],
        signature[..63].to_vec(),
        [&signature[..], &[0]].concat(),
        vec![0],
    ] {
        let other = format!("{header}.{payload}.{}", part(other));
        assert_eq!(verified(&other, key.public()), Err(TokenError::Signature));
    }
}

#[test]
fn a_header_cannot_offer_another_way_to_trust_it() {
    let refused = |header: &str| refusal(&token(header, "{}"));
    let rule = "alg: must be ES256 or RS256";
    for alg in ["none", "None", "NONE", "nOnE", "HS256", "HS512", "PS256", "ES384", "EdDSA", "", "es256"] {
        assert_eq!(refused(&format!(r#"{{"alg":"{alg}","kid":"a"}}"#)), rule, "{alg}");
    }
    assert_eq!(refused(r#"{"kid":"a"}"#), rule);
    assert_eq!(refused(r#"{"alg":["ES256"],"kid":"a"}"#), rule);
    assert_eq!(refused(r#"{"alg":null,"kid":"a"}"#), rule);
    for name in ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"] {
        let rule = match name {
            "crit" | "b64" | "zip" => "must not be there: no extension is understood",
            _ => "must not be there: only a key that is listed counts",
        };
        for value in ["[]", "null", "false", r#""exp""#] {
            let header = format!(r#"{{"alg":"ES256","kid":"a","{name}":{value}}}"#);
            assert_eq!(refused(&header), format!("{name}: {rule}"));
        }
    }
    for typ in [r#""JWE""#, r#""at+jwt""#, r#""""#, "7", "null"] {
        let header = format!(r#"{{"alg":"ES256","kid":"a","typ":{typ}}}"#);
        assert_eq!(refused(&header), "typ: must be JWT, or absent", "{typ}");
    }
    let long = format!(r#""{}""#, "a".repeat(129));
    for kid in [r#""""#, "5", "null", r#""\u0007""#, r#""é""#, &long] {
        let header = format!(r#"{{"alg":"ES256","kid":{kid}}}"#);
        assert_eq!(refused(&header), "kid: must be 1 to 128 printable ASCII characters", "{kid}");
    }
    assert_eq!(refused(r#"{"alg":"ES256"}"#), "kid: must be 1 to 128 printable ASCII characters");
    for typ in ["JWT", "jwt", "Jwt"] {
        let header = format!(r#"{{"alg":"ES256","kid":"a","typ":"{typ}","cty":"x","x5t":"y"}}"#);
        assert!(Jws::parse(&token(&header, "{}")).is_ok());
    }
}

#[test]
fn a_public_key_is_no_shared_secret_and_an_algorithm_no_choice_of_the_token() {
    let key = key();
    let public = named(&key, "a");
    // Whoever takes a published key for the secret of HS256 takes what anyone can sign.
    for secret in [public.to_json().to_string(), rsa_key().to_json().to_string(), N.to_owned()] {
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let mac = |text: &str| ring::hmac::sign(&secret, text.as_bytes()).as_ref().to_vec();
        let shared = signed(r#"{"alg":"HS256","kid":"a"}"#, "{}", mac);
        assert_eq!(refusal(&shared), "alg: must be ES256 or RS256");
        let renamed = signed(HEADER, "{}", mac);
        assert_eq!(verified(&renamed, &public), Err(TokenError::Signature));
    }
    // The other algorithm of the two, though the signature fits what the key can do.
    let rsa = signed(HEADER, "{}", |text| signed_by_rsa(text, &RSA_PKCS1_SHA256));
    assert_eq!(verified(&rsa, &rsa_key()), Err(TokenError::Algorithm));
    assert_eq!(verified(&rsa, &public), Err(TokenError::Signature));
    let header = r#"{"alg":"RS256","kid":"a"}"#;
    assert_eq!(verified(&token(header, "{}"), &public), Err(TokenError::Algorithm));
    assert_eq!(TokenError::Algorithm.to_string(), "alg: must be that of the key");
    assert_eq!(TokenError::Signature.to_string(), "the signature does not fit");
}

#[test]
fn a_member_that_is_there_twice_makes_no_token() {
    let rule = "must be a JSON object without a member twice, at most 8 levels deep";
    for header in [
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"none","alg":"ES256","kid":"a"}"#,
        r#"{"alg":"ES256","kid":"a","cty":"x","\u0063ty":"x"}"#,
        "[]",
        r#""alg""#,
    ] {
        assert_eq!(refusal(&token(header, "{}")), format!("header: {rule}"), "{header}");
    }
    for payload in [
        r#"{"iss":"a","iss":"b"}"#,
        r#"{"sub":{"identifierValue":"a","identifierValue":"b"}}"#,
        r#"{"a":[{"b":1,"b":1}]}"#,
        r#"{"iss":"a","\u0069ss":"b"}"#,
        "[]",
        "7",
        "null",
        "{} {}",
        "\u{feff}{}",
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":1e999}"#,
        "{\"a\":1",
        "{\"a\":NaN}",
    ] {
        assert_eq!(refusal(&token(HEADER, payload)), format!("payload: {rule}"), "{payload}");
    }
    // No text at all.
    let bytes = format!("{}.{}.AA", part(HEADER), part(b"{\"a\":\"\xff\"}"));
    assert_eq!(refusal(&bytes), format!("payload: {rule}"));
    let members = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let items = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    for nested in [members, items] {
        assert!(Jws::parse(&token(HEADER, &nested(DEPTH_MAX))).is_ok());
        for depth in [DEPTH_MAX + 1, 2_000] {
            assert_eq!(refusal(&token(HEADER, &nested(depth))), format!("payload: {rule}"));
        }
    }
}

#[test]
fn a_token_has_one_text() {
    let good = key().sign(&json!({"iss": "a"})).unwrap();
    let three = "token: must be three parts with a dot between them";
    for wrong in
        ["", ".", "a.b", "a.b.c.d", &format!("{good}.x"), &format!("{good}."), &good.replace('.', " ")]
    {
        assert_eq!(refusal(wrong), three, "{wrong}");
    }
    let rule = "must be base64url without padding, and not be empty";
    let parts = parts(&good);
    for (n, name) in ["header", "payload", "signature"].into_iter().enumerate() {
        // Padded, in the other alphabet, with spaces, of a length that no bytes have, or nothing.
        for wrong in [format!("{}=", parts[n]), "+/+/".to_owned(), format!("{} ", parts[n]), "A".to_owned()] {
            let mut others = parts.clone();
            others[n] = wrong;
            assert_eq!(refusal(&others.join(".")), format!("{name}: {rule}"));
        }
        let mut others = parts.clone();
        others[n] = String::new();
        assert_eq!(refusal(&others.join(".")), format!("{name}: {rule}"));
    }
    // "{}" and two bits that belong to no byte.
    assert_eq!(refusal(&format!("{}.e31.{}", parts[0], parts[2])), format!("payload: {rule}"));
    // The same 64 bytes, but for four bits that belong to none.
    let last = parts[2].chars().last().unwrap();
    let other = if last == 'A' { 'B' } else { char::from(last as u8 + 1) };
    let signature = format!("{}{other}", &parts[2][..parts[2].len() - 1]);
    assert_eq!(
        refusal(&[&parts[0], &parts[1], &signature].map(String::as_str).join(".")),
        format!("signature: {rule}")
    );
}

#[test]
fn a_token_is_at_most_as_long_as_it_may_be() {
    let header = part(HEADER);
    let of = |bytes: usize| format!("{header}.{}.AAAA", part(vec![b' '; bytes]));
    let about = (TOKEN_BYTES_MAX - header.len()) / 4 * 3;
    let tokens: Vec<_> = (about - 9..about + 9).map(of).collect();
    assert!(tokens.iter().any(|token| token.len() == TOKEN_BYTES_MAX));
    // Spaces are no object, which is looked at only when the length is right.
    for token in tokens {
        let part = if token.len() > TOKEN_BYTES_MAX { "token: " } else { "payload: " };
        assert!(refusal(&token).starts_with(part), "{}", token.len());
    }
    assert_eq!(refusal(&"a".repeat(TOKEN_BYTES_MAX + 1)), "token: must be at most 16384 bytes");
}

#[test]
fn no_one_is_named_by_what_a_token_is_written_as() {
    let token = key().sign(&json!({"sub": "person 7"})).unwrap();
    assert_eq!(format!("{:?}", Jws::parse(&token).unwrap().unverified()), "Claims(1)");
}

/// A key and what it signed, once for all cases.
fn good() -> &'static (SigningKey, String) {
    static GOOD: OnceLock<(SigningKey, String)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let key = key();
        let token = key.sign(&json!({"iss": "shop.example", "iat": 5, "sub": {"a": [1, "é"]}})).unwrap();
        (key, token)
    })
}

/// JSON and what resembles it.
fn json_like() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["alg", "kid", "typ", "crit", "jwk", "b64", "iss", "a"]);
    let value =
        prop::sample::select(vec![r#""ES256""#, r#""none""#, r#""JWT""#, "[]", "{}", "1", "null", "[", "\""]);
    let members = prop::collection::vec((name, value), 0..5);
    members.prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_is_taken(
        text in ".{0,200}",
        dotted in "[A-Za-z0-9_.=-]{0,80}",
        header in prop_oneof![json_like(), Just(HEADER.to_owned()), ".{0,40}"],
        payload in prop_oneof![json_like(), ".{0,40}"],
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let key = named(&good().0, "a");
        let of_parts = signed(&header, &payload, |_| signature.clone());
        for text in [text, dotted, of_parts] {
            prop_assert!(verified(&text, &key).is_err(), "{text}");
        }
    }

    #[test]
    fn no_change_of_a_token_is_taken(place in any::<prop::sample::Index>(), bit in 0_u8..7, with in "[A-Za-z0-9_.-]") {
        let (key, good) = good();
        let place = place.index(good.len());
        let (before, rest) = good.split_at(place);
        // The texts are ASCII, and stay so when one of the lower seven bits is another.
        let flipped = char::from(rest.as_bytes()[0] ^ 1 << bit);
        for other in [
            format!("{before}{with}{}", &rest[1..]),
            format!("{before}{flipped}{}", &rest[1..]),
            format!("{before}{}", &rest[1..]),
            format!("{before}{with}{rest}"),
            before.to_owned(),
            rest[1..].to_owned(),
        ] {
            prop_assert!(other == *good || verified(&other, key.public()).is_err(), "{other}");
        }
        prop_assert!(verified(good, key.public()).is_ok());
    }

    #[test]
    fn no_change_of_what_is_signed_is_taken(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let (key, good) = good();
        let parts = parts(good);
        for n in 0..3 {
            let mut bytes = URL_SAFE_NO_PAD.decode(&parts[n]).unwrap();
            let place = at.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let mut other = parts.clone();
            other[n] = part(bytes);
            prop_assert!(verified(&other.join("."), key.public()).is_err(), "{other:?}");
        }
    }
}
