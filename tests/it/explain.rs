//! `Explain` and `GetNotice`: the logged account, told to whoever holds its token.

use limpid::ledger::TokenKind;
use limpid::rpc::pb::{self, Standing, evidence::Fact};
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, about_nobody, assert_refused, candidate, purchase};
use super::place::models;
use super::service::{NOON, Service, at};

/// Longest life of a token.
const TOKEN_DAYS: i64 = 30;

/// A decision about somebody who bought tea on nine days, with tea as its best ad.
pub(crate) async fn tea_for_a_tea_drinker(service: &Service) -> pb::RankedAd {
    let bought = (1..=9).map(|day| purchase(&format!("tea-{day}"), "drinker", "TEA", 3 * day));
    service.record(bought).await.unwrap();
    let answer = service.recommend(about_drinks("drinker", "i-1")).await.unwrap();
    assert_eq!(answer.ads[0].ad_id, "tea");
    answer.ads.into_iter().next().unwrap()
}

/// A request about somebody who accepted everything, for three ads of which none is sensitive.
fn about_drinks(person: &str, impression: &str) -> pb::RecommendRequest {
    let candidates = ["tea", "soup", "coffee"].map(candidate).into();
    pb::RecommendRequest { candidates, ..about(person, &ALL_PURPOSES, impression) }
}

/// The purchases that an explanation tells of.
fn history(told: &pb::ExplainResponse) -> &pb::HistoryEvidence {
    let mut evidence = told.reasons.iter().flat_map(|reason| &reason.evidence);
    let history = evidence.find_map(|evidence| match &evidence.fact {
        Some(Fact::History(history)) => Some(history),
        _ => None,
    });
    history.expect("a reason rests on purchases")
}

#[tokio::test]
async fn the_account_that_was_served_is_told_unit_for_unit_even_after_a_restart() {
    let service = Service::start().await;
    let ad = tea_for_a_tea_drinker(&service).await;
    let told = service.explain(&ad.explanation_token, "en").await.unwrap();
    assert_eq!(told.account, ad.account);
    assert!((told.named_share - ad.named_share).abs() < 1e-12);
    let codes = |reasons: &[pb::Reason]| {
        reasons.iter().map(|reason| (reason.code.clone(), reason.push_units)).collect::<Vec<_>>()
    };
    assert_eq!(codes(&told.reasons), codes(&ad.reasons));

    // Neither more history, nor another model, nor a start changes what was logged.
    service.record([purchase("later", "drinker", "SOUP", 1)]).await.unwrap();
    service.engine.promote(&models().linear).await.unwrap();
    let service = service.restart().await;
    let retold = service.explain(&ad.explanation_token, "en").await.unwrap();
    assert_eq!(retold, told);
    assert_eq!(retold.model_versions, [models().additive.as_str()]);
}

#[tokio::test]
async fn a_known_person_is_told_exactly_and_a_bearer_in_bands() {
    let service = Service::start().await;
    let ad = tea_for_a_tea_drinker(&service).await;
    let exact = service.explain(&ad.explanation_token, "en").await.unwrap();
    assert!(exact.exact && exact.account.is_some());
    let facts = history(&exact);
    assert_eq!(
        (facts.event.as_str(), facts.key.as_str(), facts.attribute.as_str()),
        ("purchase", "TEA", "category")
    );
    assert_eq!((facts.days, facts.count, facts.window_days, facts.banded), (9, 9, 60, false));
    assert_eq!((facts.first_day.as_str(), facts.last_day.as_str()), ("2026-02-02", "2026-02-26"));

    let decision = service.engine.explain(&ad.explanation_token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    let banded = service.explain(&bearer, "en").await.unwrap();
    assert!(!banded.exact);
    assert!(banded.account.is_none(), "bids are in the account");
    let facts = history(&banded);
    assert!(facts.banded && facts.days < 9 && facts.count < 9, "the lower bound of a band");
    assert_eq!((facts.first_day.as_str(), facts.last_day.as_str()), ("2026-02", "2026-02"));
    for reason in &banded.reasons {
        assert!(!reason.text.contains("26 February") && !reason.text.contains(" 9 "), "{}", reason.text);
    }
    assert_eq!(banded.reasons.len(), exact.reasons.len());
}

#[tokio::test]
async fn the_language_is_the_one_asked_for_or_english_with_a_word_about_it() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    let english = service.explain(&token, "en").await.unwrap();
    let french = service.explain(&token, "fr-CA").await.unwrap();
    let unknown = service.explain(&token, "tlh").await.unwrap();
    let unasked = service.explain(&token, "").await.unwrap();
    let language = |told: &pb::ExplainResponse| (told.locale.clone(), told.locale_fell_back);
    assert_eq!(language(&english), ("en".to_owned(), false));
    assert_eq!(language(&french), ("fr".to_owned(), false));
    assert_eq!(language(&unknown), ("en".to_owned(), true));
    assert_eq!(language(&unasked), ("en".to_owned(), false));
    assert_eq!(unknown.headline, english.headline);
    assert_ne!(french.headline, english.headline);
    assert!(french.headline.contains("vous avez acheté"), "{}", french.headline);
    assert!(english.headline.contains("you bought"), "{}", english.headline);

    let notice_en = service.notice(&token, "en").await.unwrap();
    let notice_fr = service.notice(&token, "fr").await.unwrap();
    assert_ne!(notice_en.how_to_change, notice_fr.how_to_change);
    assert_eq!(notice_en.main_parameters, notice_fr.main_parameters);
}

#[tokio::test]
async fn an_ad_is_compared_with_the_others_and_an_only_ad_with_the_average() {
    let service = Service::start().await;
    let asked = about_drinks("p-05", "three");
    let token = service.recommend(asked).await.unwrap().ads[0].explanation_token.clone();
    let told = service.explain(&token, "en").await.unwrap();
    assert_eq!(told.compared_with, 2);
    assert!(told.common.contains(&"page".to_owned()), "every ad was on the same page: {:?}", told.common);
    assert!(told.reasons.iter().all(|reason| reason.code != "page"), "what is common is no reason");

    let candidates = vec![candidate("tea")];
    let asked = pb::RecommendRequest { candidates, ..about("p-05", &ALL_PURPOSES, "one") };
    let token = service.recommend(asked).await.unwrap().ads[0].explanation_token.clone();
    let told = service.explain(&token, "en").await.unwrap();
    assert_eq!((told.compared_with, told.common.len()), (0, 0));
}

#[tokio::test]
async fn each_shown_ad_has_a_token_of_its_own() {
    let service = Service::start().await;
    let asked = pb::RecommendRequest { max_ads: 6, ..about("p-05", &ALL_PURPOSES, "six") };
    let answer = service.recommend(asked).await.unwrap();
    for ad in &answer.ads {
        let told = service.explain(&ad.explanation_token, "en").await.unwrap();
        assert_eq!((&told.ad_id, &told.account), (&ad.ad_id, &ad.account));
        assert_eq!((&told.decision_id, told.decided_at), (&answer.decision_id, answer.decided_at));
        assert!(told.reasons.is_sorted_by_key(|reason| reason.standing() == Standing::Against));
    }
}

#[tokio::test]
async fn the_notice_says_who_and_declares_profiling_only_when_the_person_made_a_difference() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    let notice = service.notice(&token, "en").await.unwrap();
    assert_eq!((notice.on_behalf_of.as_str(), notice.paid_by.as_str()), ("Green Leaf", "Green Leaf"));
    assert!(notice.main_parameters.contains(&"purchases".to_owned()));
    let dsa = notice.dsa.unwrap();
    assert_eq!((dsa.behalf.as_str(), dsa.paid.as_str(), dsa.adrender), ("Green Leaf", "Green Leaf", 0));
    assert_eq!(dsa.transparency[0].domain, "leaf.example");
    assert!(dsa.transparency[0].dsaparams.contains(&1), "purchases moved the decision");

    for asked in [about_nobody("nobody"), about("drinker", &[], "refused")] {
        let answer = service.recommend(pb::RecommendRequest { max_ads: 6, ..asked }).await.unwrap();
        for ad in &answer.ads {
            let notice = service.notice(&ad.explanation_token, "en").await.unwrap();
            let mut params = notice.dsa.unwrap().transparency.into_iter().flat_map(|party| party.dsaparams);
            assert!(!params.any(|param| param == 1), "{}: nothing personal was used", ad.ad_id);
        }
    }

    let only_bread = vec![candidate("bread")];
    let asked = pb::RecommendRequest { candidates: only_bread, ..about_nobody("bread") };
    let token = service.recommend(asked).await.unwrap().ads[0].explanation_token.clone();
    let notice = service.notice(&token, "en").await.unwrap();
    assert_eq!((notice.on_behalf_of.as_str(), notice.paid_by.as_str()), ("Old Oven", "Grain Board"));
}

#[tokio::test]
async fn a_token_opens_for_thirty_days() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    let end = at(NOON).plus_days(TOKEN_DAYS);
    service.clock.set(end.plus_seconds(-1));
    assert!(service.explain(&token, "en").await.is_ok());
    service.clock.set(end);
    let expired = || ("TOKEN_EXPIRED", "token: has expired");
    let (reason, message) = expired();
    assert_refused(service.explain(&token, "en").await, Code::Unauthenticated, reason, message);
    assert_refused(service.notice(&token, "en").await, Code::Unauthenticated, reason, message);

    // A repeated call gives a token that opens again.
    let again = service.recommend(about_drinks("drinker", "i-1")).await.unwrap();
    assert!(again.repeated_call);
    assert!(service.explain(&again.ads[0].explanation_token, "en").await.is_ok());
}

#[tokio::test]
async fn a_forged_token_opens_nothing() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    let mut forged = vec![
        String::new(),
        "v4.public.".to_owned(),
        "v4.public.forged".to_owned(),
        "v2.public.".to_owned() + &token["v4.public.".len()..],
        token.clone() + "A",
        token.clone() + ".Zm9v",
        "x".repeat(100_000),
        "é".repeat(50),
    ];
    forged.extend((0..token.len()).step_by(7).map(|cut| token[..cut].to_owned()));
    forged.extend((0..token.len()).step_by(5).map(|place| {
        let other = if &token[place..=place] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &token[..place], &token[place + 1..])
    }));
    for token in &forged {
        for refused in
            [service.explain(token, "en").await.map(drop), service.notice(token, "en").await.map(drop)]
        {
            let message = refused.as_ref().unwrap_err().message().to_owned();
            assert_eq!(message.matches("token:").count(), 1, "{message}");
            assert!(token.len() < 20 || !message.contains(token.as_str()), "a token is not repeated");
            assert_refused(refused, Code::Unauthenticated, "TOKEN_REFUSED", "token: ");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_installation_opens_nothing() {
    let (here, there) = (Service::start().await, Service::start().await);
    let foreign = tea_for_a_tea_drinker(&there).await.explanation_token;
    tea_for_a_tea_drinker(&here).await;
    let refused = here.explain(&foreign, "en").await;
    assert_refused(refused, Code::Unauthenticated, "TOKEN_REFUSED", "token: the signature does not fit");
}

#[tokio::test]
async fn a_token_of_a_decision_that_is_not_in_the_log_is_not_found() {
    let place = Service::start().await.stop().await;
    let twin = Service::open(place.copy()).await;
    let token = tea_for_a_tea_drinker(&twin).await.explanation_token;
    let service = Service::open(place).await;
    let refused = service.explain(&token, "en").await;
    assert_refused(refused, Code::NotFound, "NOT_FOUND", "the decision is not in the log");
}
