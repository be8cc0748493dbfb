use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_768_003_200_000_000);

fn fresh() -> SubjectSigner {
    SubjectSigner::new(Signer::fresh().unwrap())
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn claims(signer: &SubjectSigner) -> SubjectClaims {
    SubjectClaims {
        tenant: tenant("shop"),
        subject: "person 7".to_owned(),
        assurance: Assurance::Substantial,
        issued_at: NOW,
        expires_at: NOW.plus_seconds(TOKEN_SECONDS_MAX),
        key: signer.key().key_id(),
    }
}

fn keys(signers: &[&SubjectSigner]) -> SubjectKeys {
    let mut keys = SubjectKeys::default();
    for signer in signers {
        keys.add(&signer.key().public_key(), None).unwrap();
    }
    keys
}

/// What a token of these claims is refused with.
fn refusal(change: impl FnOnce(SubjectClaims) -> SubjectClaims) -> SubjectTokenError {
    let signer = fresh();
    let token = signer.sign(&change(claims(&signer)));
    keys(&[&signer]).verify(&token, Right::Erase, NOW).unwrap_err()
}

#[test]
fn a_token_says_who_the_person_is_until_it_expires() {
    let signer = fresh();
    let (keys, claims) = (keys(&[&fresh(), &signer]), claims(&signer));
    let token = signer.sign(&claims);
    assert!(token.starts_with("v4.public."));
    let last = Timestamp::from_micros(claims.expires_at.micros() - 1);
    for now in [NOW, last] {
        assert_eq!(keys.verify(&token, Right::Erase, now), Ok(claims.clone()));
    }
    let at = claims.expires_at;
    assert_eq!(keys.verify(&token, Right::Erase, at), Err(SubjectTokenError::Expired { at }));
}

#[test]
fn a_key_is_read_back_as_it_was_written() {
    let signer = fresh();
    let read = SubjectSigner::new(Signer::of(&format!("{}\n", *signer.key().secret_key())).unwrap());
    assert_eq!(read.key().public_key(), signer.key().public_key());
    assert!(keys(&[&signer]).verify(&read.sign(&claims(&read)), Right::Port, NOW).is_ok());
    let mut keys = SubjectKeys::default();
    for text in ["", "k4.public.AAAA", "k4.public.", signer.key().secret_key().as_str()] {
        assert_eq!(keys.add(text, None), Err(KeyError::NoPublicKey), "{text}");
    }
    for text in ["", "k4.secret.AAAA", signer.key().public_key().as_str()] {
        assert_eq!(Signer::of(text).unwrap_err(), KeyError::NoSecretKey);
    }
}

#[test]
fn a_token_that_is_valid_for_more_than_ten_minutes_is_refused_whatever_its_age() {
    let long = |claims: SubjectClaims| SubjectClaims {
        expires_at: claims.issued_at.plus_seconds(TOKEN_SECONDS_MAX + 1),
        ..claims
    };
    assert_eq!(refusal(long), SubjectTokenError::TooLong);
    let backwards = |claims| SubjectClaims { expires_at: NOW.plus_seconds(-1), ..claims };
    assert_eq!(refusal(backwards), SubjectTokenError::TooLong);
}

#[test]
fn a_token_from_the_future_is_not_valid_yet_beyond_a_minute() {
    let signer = fresh();
    let (keys, token) = (keys(&[&signer]), signer.sign(&claims(&signer)));
    assert!(keys.verify(&token, Right::Erase, NOW.plus_seconds(-60)).is_ok());
    let refused = keys.verify(&token, Right::Erase, NOW.plus_seconds(-61));
    assert_eq!(refused, Err(SubjectTokenError::NotYet));
}

#[test]
fn a_token_for_another_service_is_refused() {
    let signer = fresh();
    let token = signer.sign_for("other", &claims(&signer));
    let refused = keys(&[&signer]).verify(&token, Right::Erase, NOW);
    assert_eq!(refused, Err(SubjectTokenError::OtherAudience));
}

#[test]
fn a_key_of_one_tenant_vouches_for_nobody_of_another() {
    let signer = fresh();
    let mut keys = SubjectKeys::default();
    keys.add(&signer.key().public_key(), Some(tenant("pub"))).unwrap();
    let refused = keys.verify(&signer.sign(&claims(&signer)), Right::Erase, NOW);
    assert_eq!(refused, Err(SubjectTokenError::OtherTenant));
    let own = SubjectClaims { tenant: tenant("pub"), ..claims(&signer) };
    assert!(keys.verify(&signer.sign(&own), Right::Erase, NOW).is_ok());
}

#[test]
fn a_key_that_was_not_given_vouches_for_nobody() {
    let (ours, other) = (fresh(), fresh());
    let token = other.sign(&claims(&other));
    let refused = keys(&[&ours]).verify(&token, Right::Erase, NOW);
    assert_eq!(refused, Err(SubjectTokenError::UnknownKey));
    let refused = SubjectKeys::default().verify(&token, Right::Erase, NOW);
    assert_eq!(refused, Err(SubjectTokenError::NoKeys));
}

#[test]
fn a_key_id_that_is_not_that_of_the_signer_is_forged() {
    let (ours, other) = (fresh(), fresh());
    let payload = serde_json::json!({"aud": "limpid", "tenant": "shop", "sub": "p", "assurance": "high",
        "iat": NOW.to_string(), "exp": NOW.to_string()});
    let token = other.key().sign_as(payload.to_string().as_bytes(), &ours.key().key_id());
    let refused = keys(&[&ours]).verify(&token, Right::Erase, NOW);
    assert_eq!(refused, Err(SubjectTokenError::Forged));
}

#[test]
fn the_assurance_of_a_token_must_do_for_the_right() {
    for right in Right::ALL {
        let signer = fresh();
        let low = SubjectClaims { assurance: Assurance::Low, ..claims(&signer) };
        let verified = keys(&[&signer]).verify(&signer.sign(&low), right, NOW);
        match right {
            Right::Object | Right::Restrict => assert!(verified.is_ok(), "{right:?}"),
            Right::Access | Right::Port | Right::Rectify | Right::Erase => {
                let (found, needed) = (Assurance::Low, Assurance::Substantial);
                assert_eq!(verified, Err(SubjectTokenError::TooLow { right, found, needed }));
            }
        }
    }
}

#[test]
fn a_signed_text_with_other_claims_is_no_subject_token() {
    let signer = fresh();
    let keys = keys(&[&signer]);
    for text in ["{}", "[]", "text", r#"{"aud":"limpid","tenant":"","sub":"p"}"#] {
        let refused = keys.verify(&signer.key().sign(text.as_bytes()), Right::Erase, NOW);
        assert_eq!(refused, Err(SubjectTokenError::Claims), "{text}");
    }
}

#[test]
fn a_token_that_was_changed_or_cut_anywhere_is_refused() {
    let signer = fresh();
    let keys = keys(&[&signer]);
    let token = signer.sign(&claims(&signer));
    for at in 0..token.len() {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = token.clone();
        changed.replace_range(at..=at, other);
        assert!(keys.verify(&changed, Right::Erase, NOW).is_err(), "{at}");
        assert!(keys.verify(&token[..at], Right::Erase, NOW).is_err(), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn no_text_gives_a_right(text in "(v4\\.public\\.)?[A-Za-z0-9_.é-]{0,300}") {
        let signer = fresh();
        prop_assert!(keys(&[&signer]).verify(&text, Right::Object, NOW).is_err());
    }
}
