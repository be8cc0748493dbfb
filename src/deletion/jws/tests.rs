use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::deletion::SigningKey;

fn key() -> SigningKey {
    SigningKey::of(&SigningKey::fresh().unwrap()).unwrap()
}

/// A token of these texts, with a signature of some bytes.
fn token(header: &str, payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(header), part(payload), part("signature"))
}

fn refused(token: &str) -> TokenError {
    match Jws::parse(token) {
        Err(error) => error,
        Ok(_) => panic!("read: {token}"),
    }
}

fn part_of(error: TokenError) -> &'static str {
    match error {
        TokenError::Malformed { part, .. } => part,
        other => panic!("{other:?}"),
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

    // Another key, though it bore the same id.
    let other = self::key();
    assert_eq!(Jws::parse(&token).unwrap().verify(other.public()), Err(TokenError::Signature));
    // What another token says under this one's signature.
    let second = key.sign(&json!({"iss": "other.example"})).unwrap();
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (first, second) = (parts(&token), parts(&second));
    let swapped = format!("{}.{}.{}", first[0], second[1], first[2]);
    assert_eq!(Jws::parse(&swapped).unwrap().verify(key.public()), Err(TokenError::Signature));
}

#[test]
fn a_header_cannot_offer_another_way_to_trust_it() {
    let refused = |header: &str| part_of(refused(&token(header, "{}")));
    for alg in ["none", "None", "NONE", "HS256", "HS512", "PS256", "ES384", "EdDSA", "", "es256"] {
        assert_eq!(refused(&format!(r#"{{"alg":"{alg}","kid":"a"}}"#)), "alg", "{alg}");
    }
    assert_eq!(refused(r#"{"kid":"a"}"#), "alg");
    assert_eq!(refused(r#"{"alg":["ES256"],"kid":"a"}"#), "alg");
    for name in REFUSED {
        assert_eq!(refused(&format!(r#"{{"alg":"ES256","kid":"a","{name}":[]}}"#)), "header", "{name}");
    }
    for typ in [r#""JWE""#, r#""at+jwt""#, "7"] {
        assert_eq!(refused(&format!(r#"{{"alg":"ES256","kid":"a","typ":{typ}}}"#)), "typ", "{typ}");
    }
    for kid in [r#""""#, "5", r#""\u0007""#, r#""é""#] {
        assert_eq!(refused(&format!(r#"{{"alg":"ES256","kid":{kid}}}"#)), "kid", "{kid}");
    }
    assert_eq!(refused(r#"{"alg":"ES256"}"#), "kid");
    assert!(Jws::parse(&token(r#"{"alg":"ES256","kid":"a","typ":"jwt","cty":"x"}"#, "{}")).is_ok());
}

#[test]
fn a_public_key_is_no_shared_secret_and_an_algorithm_no_choice_of_the_token() {
    let key = key();
    let header = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, key.public().kid());
    let token = token(&header, "{}");
    assert_eq!(Jws::parse(&token).unwrap().verify(key.public()), Err(TokenError::Algorithm));
}

#[test]
fn a_member_that_is_there_twice_makes_no_token() {
    let header = r#"{"alg":"ES256","kid":"a"}"#;
    let twice = r#"{"alg":"ES256","kid":"a","kid":"b"}"#;
    assert_eq!(part_of(refused(&token(twice, "{}"))), "header");
    for payload in [
        r#"{"iss":"a","iss":"b"}"#,
        r#"{"sub":{"identifierValue":"a","identifierValue":"b"}}"#,
        r#"{"a":[{"b":1,"b":1}]}"#,
        r#"{"iss":"a","\u0069ss":"b"}"#,
        "[]",
        "7",
        "{} {}",
        r#"{"a":}"#,
        "{\"a\":1",
        "{\"a\":NaN}",
    ] {
        assert_eq!(part_of(refused(&token(header, payload))), "payload", "{payload}");
    }
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(Jws::parse(&token(header, &nested(DEPTH_MAX))).is_ok());
    assert_eq!(part_of(refused(&token(header, &nested(DEPTH_MAX + 1)))), "payload");
}

#[test]
fn a_token_has_one_text() {
    let good = key().sign(&json!({"iss": "a"})).unwrap();
    for wrong in
        ["", ".", "..", "a.b", "a.b.c.d", &format!("{good}.x"), &format!("{good}="), &good.replace('.', " ")]
    {
        assert!(matches!(refused(wrong), TokenError::Malformed { .. }), "{wrong}");
    }
    let parts: Vec<&str> = good.split('.').collect();
    let padded = format!("{}=.{}.{}", parts[0], parts[1], parts[2]);
    assert_eq!(part_of(refused(&padded)), "header");
    let standard = format!("{}.{}.{}", parts[0], "+/+/", parts[2]);
    assert_eq!(part_of(refused(&standard)), "payload");
    // "{}" and two bits that belong to no byte.
    assert_eq!(part_of(refused(&format!("{}.e31.{}", parts[0], parts[2]))), "payload");
    let long = format!("{}.{}.{}", parts[0], "A".repeat(TOKEN_BYTES_MAX), parts[2]);
    assert_eq!(part_of(refused(&long)), "token");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_no_change_of_a_token_is_taken(
        text in ".{0,200}",
        place in 0_usize..1000,
        with in "[A-Za-z0-9_.-]",
    ) {
        let _ = Jws::parse(&text);
        let key = key();
        let good = key.sign(&json!({"iss": "shop.example", "iat": 5})).unwrap();
        let place = place % good.len();
        let mut other = good.clone();
        other.replace_range(place..=place, &with);
        if other != good {
            let verified = Jws::parse(&other).and_then(|read| read.verify(key.public()));
            prop_assert!(verified.is_err(), "{other}");
        }
    }
}
