use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_768_003_200_000_000);

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn fresh() -> CallerSigner {
    CallerSigner::new(Signer::fresh().unwrap())
}

fn claims(signer: &CallerSigner) -> CallerClaims {
    CallerClaims {
        tenant: tenant("shop"),
        roles: vec![Role::Analyst],
        id: "t-1".to_owned(),
        issued_at: NOW,
        expires_at: NOW.plus_seconds(CALLER_SECONDS_MAX),
        certificate: None,
        key: signer.key().key_id(),
    }
}

fn keys(signers: &[&CallerSigner]) -> CallerKeys {
    let text: String =
        signers.iter().map(|signer| key_entry(&signer.key().public_key(), None, &[])).collect();
    CallerKeys::parse(&text, "limpid").unwrap()
}

fn verified(keys: &CallerKeys, token: &str) -> Result<CallerClaims, CallerTokenError> {
    keys.verify(token, None, NOW).map(|claims| (*claims).clone())
}

/// What a token of these claims is refused with.
fn refusal(change: impl FnOnce(CallerClaims) -> CallerClaims) -> CallerTokenError {
    let signer = fresh();
    let token = signer.sign("limpid", &change(claims(&signer)));
    verified(&keys(&[&signer]), &token).unwrap_err()
}

#[test]
fn a_token_says_who_calls_until_it_expires_and_says_so_again() {
    let signer = fresh();
    let (keys, claims) = (keys(&[&fresh(), &signer]), claims(&signer));
    let token = signer.sign("limpid", &claims);
    let last = Timestamp::from_micros(claims.expires_at.micros() - 1);
    for now in [NOW, last, NOW.plus_seconds(-60)] {
        assert_eq!(*keys.verify(&token, None, now).unwrap(), claims);
    }
    let at = claims.expires_at;
    assert_eq!(keys.verify(&token, None, at), Err(CallerTokenError::Expired { at }), "remembered or not");
    assert_eq!(keys.verify(&token, None, NOW.plus_seconds(-61)), Err(CallerTokenError::NotYet));
}

#[test]
fn times_beyond_a_day_are_refused() {
    let long =
        |c: CallerClaims| CallerClaims { expires_at: c.issued_at.plus_seconds(CALLER_SECONDS_MAX + 1), ..c };
    assert_eq!(refusal(long), CallerTokenError::TooLong);
    assert_eq!(
        refusal(|c| CallerClaims { expires_at: NOW.plus_seconds(-1), ..c }),
        CallerTokenError::TooLong
    );
}

#[test]
fn a_token_for_another_service_is_refused() {
    let signer = fresh();
    let token = signer.sign("staging", &claims(&signer));
    assert_eq!(verified(&keys(&[&signer]), &token), Err(CallerTokenError::OtherAudience));
}

#[test]
fn a_key_that_is_not_in_the_file_or_signs_as_another_admits_nobody() {
    let (ours, other) = (fresh(), fresh());
    let keys = keys(&[&ours]);
    assert_eq!(verified(&keys, &other.sign("limpid", &claims(&other))), Err(CallerTokenError::UnknownKey));
    let text = br#"{"aud":"limpid"}"#;
    let forged = other.key().sign_as(text, &ours.key().key_id());
    assert_eq!(verified(&keys, &forged), Err(CallerTokenError::Forged));
    assert_eq!(
        verified(&CallerKeys::none(), &ours.sign("limpid", &claims(&ours))),
        Err(CallerTokenError::UnknownKey)
    );
}

#[test]
fn a_key_signs_for_its_tenant_and_its_roles_alone() {
    let signer = fresh();
    let entry = |tenant: Option<&TenantId>, roles: &[Role]| {
        CallerKeys::parse(&key_entry(&signer.key().public_key(), tenant, roles), "limpid").unwrap()
    };
    let token = signer.sign("limpid", &claims(&signer));
    let (shop, other) = (tenant("shop"), tenant("oth\"er"));
    assert!(verified(&entry(Some(&shop), &[Role::Admin, Role::Analyst]), &token).is_ok());
    for keys in [entry(Some(&other), &[]), entry(None, &[Role::AdServer])] {
        assert_eq!(verified(&keys, &token), Err(CallerTokenError::BeyondKey));
    }
    let both = CallerClaims { roles: vec![Role::AdServer, Role::Admin], ..claims(&signer) };
    let token = signer.sign("limpid", &both);
    assert_eq!(verified(&entry(None, &[Role::AdServer]), &token), Err(CallerTokenError::BeyondKey));
}

#[test]
fn a_token_that_was_taken_back_admits_nobody_and_its_sisters_do() {
    let signer = fresh();
    let text = format!("{}revoked = [\"t-1\"]\n", key_entry(&signer.key().public_key(), None, &[]));
    let keys = CallerKeys::parse(&text, "limpid").unwrap();
    assert_eq!(verified(&keys, &signer.sign("limpid", &claims(&signer))), Err(CallerTokenError::Revoked));
    let sister = CallerClaims { id: "t-2".to_owned(), ..claims(&signer) };
    assert!(verified(&keys, &signer.sign("limpid", &sister)).is_ok());
}

#[test]
fn a_token_that_is_bound_to_a_certificate_is_of_no_use_without_it() {
    let signer = fresh();
    let keys = keys(&[&signer]);
    let token = signer.sign("limpid", &CallerClaims { certificate: Some([7; 32]), ..claims(&signer) });
    assert!(keys.verify(&token, Some([7; 32]), NOW).is_ok());
    for certificate in [None, Some([8; 32])] {
        assert_eq!(keys.verify(&token, certificate, NOW), Err(CallerTokenError::OtherCertificate));
    }
}

#[test]
fn a_signed_text_with_other_claims_is_no_caller_token() {
    let signer = fresh();
    let keys = keys(&[&signer]);
    let subject = r#"{"aud":"limpid","tenant":"shop","sub":"p","assurance":"high","iat":"2026-01-10","exp":"2026-01-10"}"#;
    let root = r#"{"aud":"limpid","tenant":"shop","roles":["root"],"iat":"2026-01-10","exp":"2026-01-10","jti":"t"}"#;
    let nothing =
        r#"{"aud":"limpid","tenant":"shop","roles":[],"iat":"2026-01-10","exp":"2026-01-10","jti":"t"}"#;
    for text in ["{}", "[]", "text", subject, root, nothing] {
        assert_eq!(
            verified(&keys, &signer.key().sign(text.as_bytes())),
            Err(CallerTokenError::Claims),
            "{text}"
        );
    }
}

#[test]
fn a_file_of_keys_is_whole_or_refused_and_never_quoted() {
    let signer = fresh();
    let entry = key_entry(&signer.key().public_key(), None, &[]);
    let refused = |text: &str| CallerKeys::parse(text, "limpid").unwrap_err().to_string();
    assert_eq!(refused(""), "must hold at least one [[key]]");
    assert_eq!(refused(&format!("{entry}{entry}")), "key 2: is there twice");
    let secret = signer.key().secret_key();
    let wrong = refused(&format!("[[key]]\npublic = \"{}\"\n", *secret));
    assert!(wrong.starts_with("key 1: must hold one Ed25519 public key") && !wrong.contains(secret.as_str()));
    let unknown = refused(&format!("{entry}role = \"admin\""));
    assert!(unknown.starts_with("line ") && unknown.contains(": must be [[key]]"), "{unknown}");
}

proptest! {
    #[test]
    fn a_token_that_was_changed_anywhere_admits_nobody(at in 0_usize..400, with in "[A-Za-z0-9_.-]") {
        let signer = fresh();
        let keys = keys(&[&signer]);
        let token = signer.sign("limpid", &claims(&signer));
        keys.verify(&token, None, NOW).unwrap();
        let at = at % token.len();
        let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
        prop_assume!(changed != token);
        // The last character of a part may hold bits that no byte needs; a strict decoder refuses those, too.
        prop_assert!(keys.verify(&changed, None, NOW).is_err());
    }
}
