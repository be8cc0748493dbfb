//! What an export proves, and that nothing else passes for it.

use super::*;
use crate::ledger::tests::{decision, entry, file, fresh, person, tenant};
use crate::ledger::{Keyring, LogPublicKey};

const NOW: Timestamp = Timestamp::from_micros(1_504_526_400_000_000);

async fn of_seven() -> (tempfile::TempDir, Ledger) {
    let (place, ledger) = fresh().await;
    let someone = person(&ledger, "someone");
    for n in 1..=7 {
        ledger.record(&tenant(), Some(&someone), [n; 32], &entry(&decision(n))).await.unwrap();
    }
    (place, ledger)
}

async fn export(ledger: &Ledger, n: u8) -> Export {
    ledger.export(&tenant(), decision(n).id, NOW).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_decision_is_proven_by_the_public_key_alone_before_and_after_its_day_is_sealed() {
    let (_place, ledger) = of_seven().await;
    let key = ledger.public_key();
    for is_sealed in [false, true] {
        for n in 1..=7 {
            let text = serde_json::to_string(&export(&ledger, n).await).unwrap();
            let checked = serde_json::from_str::<Export>(&text).unwrap().check(&key).unwrap();
            assert_eq!((checked.decision, checked.place.index), (decision(n).id, u32::from(n)));
            assert_eq!(checked.length, 7);
            let told = checked.told.unwrap();
            assert_eq!(told["impression"], format!("impression-{n}"));
            assert_eq!(told["ads"][0]["advertiser"], "Kaffeehaus");
            assert_eq!(text.contains("ordinal"), is_sealed);
        }
        ledger.keep_heads(NOW.plus_days(2)).await.unwrap();
    }
    assert_eq!(ledger.export(&tenant(), decision(8).id, NOW).await, Ok(None));
}

#[tokio::test]
async fn an_export_that_was_changed_anywhere_proves_nothing() {
    let (_place, ledger) = of_seven().await;
    let key = ledger.public_key();
    let whole = export(&ledger, 3).await;
    let other = export(&ledger, 4).await;
    let mut told = whole.clone();
    told.opened.as_mut().unwrap().told["ads"][0]["advertiser"] = "Someone else".into();
    let mut bytes = whole.clone();
    bytes.opened.as_mut().unwrap().bytes = other.opened.as_ref().unwrap().bytes.clone();
    let mut shorter = whole.clone();
    shorter.proof.pop();
    let mut head = serde_json::to_value(&whole).unwrap();
    head["head"]["length"] = 8.into();
    let id = Export { decision: other.decision.clone(), ..whole.clone() };
    let tenant = Export { tenant: "other".to_owned(), ..whole.clone() };
    for (changed, error) in [
        (told, ProofError::OtherContent),
        (bytes, ProofError::OtherContent),
        (shorter, ProofError::NotInTree),
        (Export { index: 3, ..whole.clone() }, ProofError::NotInTree),
        (Export { leaf: other.leaf.clone(), ..whole.clone() }, ProofError::NotInTree),
        (Export { proof: other.proof.clone(), ..whole.clone() }, ProofError::NotInTree),
        (serde_json::from_value(head).unwrap(), ProofError::Unsigned),
        (id, ProofError::OtherLeaf),
        (tenant, ProofError::OtherLeaf),
        // The proof of one decision with the content of another.
        (Export { opened: other.opened.clone(), ..whole.clone() }, ProofError::OtherContent),
    ] {
        assert_eq!(changed.check(&key), Err(error));
    }
    let stranger = Ledger::new(ledger.store().clone(), std::sync::Arc::new(Keyring::fresh().unwrap()));
    assert_eq!(whole.check(&stranger.public_key()), Err(ProofError::Unsigned));
    for (name, text) in [("format", "v2"), ("leaf", "0g"), ("proof", "00"), ("decision", "x"), ("tenant", "")]
    {
        let mut value = serde_json::to_value(&whole).unwrap();
        if name == "proof" {
            value[name][0] = text.into();
        } else {
            value[name] = text.into();
        }
        let error = serde_json::from_value::<Export>(value).unwrap().check(&key).unwrap_err();
        assert!(error.to_string().starts_with(name) || name == "decision", "{name}: {error}");
    }
    assert!(LogPublicKey::parse("").is_err());
}

#[tokio::test]
async fn of_an_erased_decision_the_proof_stays_and_nothing_opens() {
    let (place, ledger) = of_seven().await;
    file(&place).execute_batch("DELETE FROM subjects").unwrap();
    let exported = export(&ledger, 3).await;
    let checked = exported.check(&ledger.public_key()).unwrap();
    assert_eq!((checked.place.index, checked.told), (3, None));
    assert!(!serde_json::to_string(&exported).unwrap().contains("Kaffeehaus"));
}
