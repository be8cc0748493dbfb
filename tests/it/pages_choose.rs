//! Buttons on the page of reasons: what is pressed is kept, confirmed with a receipt, and obeyed.

use limpid::domain::{Choices, Statement};
use limpid::ledger::TokenKind;
use limpid::rpc::pb::{self, Pricing};

use super::asking::{ALL_PURPOSES, about, about_nobody, bid};
use super::service::{NOON, Service, at};
use super::web_client::{Reply, get, send};

/// A form of a page: where it leads, what it sends, and what its button says.
#[derive(Clone, Debug)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    button: String,
}

impl Form {
    fn body(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }

    fn field(&self, name: &str) -> &str {
        &self.fields.iter().find(|(key, _)| key == name).unwrap().1
    }

    /// The same form with another text in a field.
    fn with(&self, name: &str, text: &str) -> Self {
        let mut form = self.clone();
        text.clone_into(&mut form.fields.iter_mut().find(|(key, _)| key == name).unwrap().1);
        form
    }

    async fn press(&self, service: &Service) -> Reply {
        self.send(service, &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await
    }

    async fn send(&self, service: &Service, headers: &[(&str, &str)]) -> Reply {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let headers = [&kind[..], headers].concat();
        send(service.address, "POST", &self.action, &headers, self.body().as_bytes()).await
    }
}

fn unescaped(text: &str) -> String {
    let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    marks.into_iter().fold(text.to_owned(), |text, (mark, character)| text.replace(mark, character))
}

/// The forms that a page sends.
fn forms(html: &str) -> Vec<Form> {
    let value = |tag: &str, name: &str| {
        let after = tag.split(&format!("{name}=\"")).nth(1).unwrap();
        unescaped(after.split('"').next().unwrap())
    };
    let read = |form: &str| Form {
        action: value(form, "action"),
        fields: form.split("<input ").skip(1).map(|tag| (value(tag, " name"), value(tag, "value"))).collect(),
        button: unescaped(form.split("</button>").next().unwrap().rsplit('>').next().unwrap()),
    };
    let sent = html.split("<form method=\"post\"").skip(1);
    let all = sent.map(|rest| read(rest.split("</form>").next().unwrap()));
    all.filter(|form| form.action.contains("/choices")).collect()
}

/// Every ad of the example, each with a price of its own.
async fn decided(service: &Service, person: &str, impression: &str) -> pb::RecommendResponse {
    let mut asked = about(person, &ALL_PURPOSES, impression);
    for (place, candidate) in (1..).zip(&mut asked.candidates) {
        candidate.bid = Some(bid(Pricing::Cpa, 900_000 + 20_000 * place, "USD"));
    }
    service.recommend(pb::RecommendRequest { max_ads: 1, ..asked }).await.unwrap()
}

async fn page(service: &Service, token: &str) -> Reply {
    let page = get(service.address, &format!("/why/{token}"), &[("accept-language", "en")]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

async fn choices(service: &Service, token: &str) -> Choices {
    let (tenant, subject) = service.engine.person_of_token(token).await.unwrap();
    service.engine.choices(&tenant, &subject).await.unwrap().0
}

/// The page that a form was answered with, got as a browser gets it.
async fn followed(service: &Service, answer: &Reply) -> Reply {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    get(service.address, answer.header("location"), &[]).await
}

/// An ad as pages name it.
async fn named(service: &Service, ad: Option<&pb::RankedAd>) -> String {
    let Some(ad) = ad else { return "No ad".to_owned() };
    let advertiser = service.notice(&ad.explanation_token, "en").await.unwrap().on_behalf_of;
    format!("An ad by {advertiser}: ")
}

#[tokio::test]
async fn what_is_pressed_is_confirmed_by_the_decision_that_is_then_made_and_can_be_taken_back() {
    let service = Service::start().await;
    let mut changed = 0;
    for person in ["p-01", "p-05"] {
        let before = decided(&service, person, &format!("{person}-before")).await;
        let token = &before.ads[0].explanation_token;
        let opened = page(&service, token).await;
        let buttons = forms(&opened.body);
        let kinds: Vec<&str> = buttons.iter().map(|form| form.field("about")).collect();
        assert!(
            ["advertiser", "category", "datum", "purpose", "everything"].iter().all(|k| kinds.contains(k))
        );
        for (i, button) in buttons.iter().enumerate() {
            let receipt = followed(&service, &button.press(&service).await).await;
            assert_eq!(receipt.status, 200, "{}", receipt.body);
            let next = decided(&service, person, &format!("{person}-{i}-next")).await;
            let (was, now) =
                (named(&service, before.ads.first()).await, named(&service, next.ads.first()).await);
            let again = receipt.body.split("id=\"again\"").nth(1).unwrap();
            let told: Vec<&str> = again.split("<dd>").skip(1).collect();
            assert!(
                told[0].starts_with(&was) && told[1].starts_with(&now),
                "{button:?}: {told:?} {was} {now}"
            );
            let leaves = before.ads[0].ad_id != next.ads[0].ad_id;
            assert_eq!(again.contains("would not be shown any more"), leaves, "{button:?}");
            assert_eq!(again.contains("would still be shown"), !leaves, "{button:?}");
            assert!(receipt.body.contains("In force since 1 March 2026 at 12:00 UTC."), "{}", receipt.body);
            assert!(receipt.body.contains(&button.button), "{}", receipt.body);
            changed += u32::from(leaves);

            let undo = &forms(&receipt.body)[0];
            let undone = followed(&service, &undo.press(&service).await).await;
            assert_eq!(undone.body.contains("would be shown again"), leaves, "{}", undone.body);
            assert_eq!(choices(&service, token).await.refused(), Choices::default().refused());
            let again = decided(&service, person, &format!("{person}-{i}-again")).await;
            assert_eq!(again.ads[0].ad_id, before.ads[0].ad_id, "taking it back restores the choice");
            // The first receipt does not claim that it still holds.
            let old = followed(&service, &button.press(&service).await).await;
            assert!(old.body.contains("does not hold any more"), "{}", old.body);
        }
        assert_eq!(choices(&service, token).await, Choices::default());
    }
    assert!(changed > 0, "some button changes some choice");
}

#[tokio::test]
async fn a_form_that_is_sent_again_makes_no_second_change_and_gets_the_same_receipt() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "twice").await.ads.remove(0).explanation_token;
    let button = forms(&page(&service, &token).await.body).remove(0);
    let first = button.press(&service).await;
    let second = button.press(&service).await;
    assert_eq!(first.header("location"), second.header("location"));
    let (tenant, subject) = service.engine.person_of_token(&token).await.unwrap();
    assert_eq!(service.engine.choices(&tenant, &subject).await.unwrap().1.len(), 1);
    // Every page has names of its own for the changes that it makes, and so has every button.
    let mut names = Vec::new();
    for _ in 0..2 {
        names.extend(
            forms(&page(&service, &token).await.body).iter().map(|form| form.field("change").to_owned()),
        );
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), all > 10), (all, true));

    // The same name with another choice is not taken for the first one.
    let other = button.with("about", "everything").with("name", "");
    let refused = other.press(&service).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("This form was used before"), "{}", refused.body);
    assert!(!choices(&service, &token).await.personalisation_stopped);
    let service = service.restart().await;
    let kept = get(service.address, first.header("location"), &[]).await;
    assert!(kept.status == 200 && kept.body.contains("Your choice is kept"));
}

#[tokio::test]
async fn a_purpose_that_was_accepted_here_can_be_withdrawn_and_accepted_again() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "purpose").await.ads.remove(0).explanation_token;
    let button = forms(&page(&service, &token).await.body).remove(0);
    let accepts = button.with("say", "grant").with("about", "purpose").with("name", "4");
    followed(&service, &accepts.press(&service).await).await;
    let withdraws = forms(&page(&service, &token).await.body);
    let withdraws = withdraws.into_iter().find(|form| form.field("say") == "withdraw").unwrap();
    assert_eq!(withdraws.button, "Stop accepting this");
    let receipt = followed(&service, &withdraws.press(&service).await).await;
    assert!(receipt.body.contains("You accept this.") && receipt.body.contains("You do not accept this."));
    let next = decided(&service, "p-01", "without").await;
    let bought = next.verdicts.iter().find(|verdict| verdict.feature == "bought_days").unwrap();
    assert!(!bought.permitted);
    let again = forms(&receipt.body).remove(0);
    assert_eq!((again.field("say"), again.button.as_str()), ("grant", "Accept this again"));
    followed(&service, &again.press(&service).await).await;
    let next = decided(&service, "p-01", "with").await;
    assert!(next.verdicts.iter().find(|verdict| verdict.feature == "bought_days").unwrap().permitted);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "csrf").await.ads.remove(0).explanation_token;
    let button = forms(&page(&service, &token).await.body).remove(0);
    let own = format!("http://{}", service.address);
    for (headers, status) in [
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("sec-fetch-site", "none")], 403),
        (vec![("sec-fetch-site", "cross-site"), ("origin", own.as_str())], 403),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("origin", own.as_str())], 303),
    ] {
        let answer = button.send(&service, &headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        if status == 403 {
            assert!(answer.body.contains("This did not come from our page"), "{}", answer.body);
            assert_eq!(choices(&service, &token).await, Choices::default(), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_form_that_breaks_a_rule_is_answered_with_the_rule_and_changes_nothing() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "bad").await.ads.remove(0).explanation_token;
    let form = forms(&page(&service, &token).await.body).remove(0);
    let datum = form.with("about", "datum");
    let mut more = form.clone();
    more.fields.push(("admin".to_owned(), "1".to_owned()));
    let mut twice = form.clone();
    twice.fields.push(form.fields[1].clone());
    let mut fewer = form.clone();
    fewer.fields.remove(0);
    let fields = "form: must be of the fields change, say, about and name, each once";
    for (bad, status, told) in [
        (more, 400, fields),
        (twice, 400, fields),
        (fewer, 400, fields),
        (form.with("say", "obey"), 400, "say: must be grant, withdraw, object or take_back"),
        (
            form.with("about", "nothing"),
            400,
            "about: must be purpose, advertiser, category, datum or everything",
        ),
        (form.with("name", "<b>"), 400, "name: must be encoded as in an address"),
        (form.with("name", "a&name=b"), 400, "name: must be encoded as in an address"),
        (form.with("name", ""), 400, "name: must be 1 to 256 bytes, has 0"),
        (form.with("name", &"x".repeat(257)), 400, "name: must be 1 to 256 bytes, has 257"),
        (form.with("change", "../x"), 400, "change: must be at most 64 letters, digits and dashes"),
        (datum.with("name", "no+such+datum"), 400, "name: must be a datum of the schema"),
        (datum.with("name", "offer"), 400, "name: must be about the person"),
        (form.with("name", &"x".repeat(4000)), 413, "This cannot be understood"),
    ] {
        let answer = bad.press(&service).await;
        assert_eq!(answer.status, status, "{bad:?}: {}", answer.body);
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
        assert!(answer.body.contains("Nothing was changed"), "{}", answer.body);
    }
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
        let headers = [("content-type", kind), ("sec-fetch-site", "same-origin")];
        let answer = send(service.address, "POST", &form.action, &headers, form.body().as_bytes()).await;
        assert_eq!((answer.status, answer.body.contains(fields)), (400, true), "{kind}");
    }
    assert_eq!(choices(&service, &token).await, Choices::default());
}

#[tokio::test]
async fn only_the_person_of_a_token_can_choose_with_it() {
    let service = Service::start().await;
    let answer = decided(&service, "p-01", "mine").await;
    let token = answer.ads[0].explanation_token.clone();
    let opened = page(&service, &token).await;
    let form = forms(&opened.body).remove(0);
    let decision = service.engine.explain(&token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    let nobody = service.recommend(about_nobody("nobody")).await.unwrap().ads.remove(0).explanation_token;
    for (held, why, status, problem) in [
        (&bearer, "This link works for anyone who has it", 403, "Nothing can be changed with this link"),
        (&nobody, "The site did not say who you are", 409, "There is nobody whose choice could be kept"),
    ] {
        let shown = page(&service, held).await;
        assert!(shown.body.contains(why) && !shown.body.contains("<form method=\"post\""), "{}", shown.body);
        let action = form.action.replace(&token, held);
        let pressed = Form { action, ..form.clone() }.press(&service).await;
        assert_eq!(pressed.status, status, "{}", pressed.body);
        assert!(pressed.body.contains(problem), "{}", pressed.body);
    }
    let forged = Form { action: form.action.replace(&token, "forged"), ..form.clone() }.press(&service).await;
    assert!(forged.status == 403 && forged.body.contains("This link is not valid"), "{}", forged.body);
    assert_eq!(choices(&service, &token).await, Choices::default());

    // A receipt is the person's, as the choice is.
    let receipt = form.press(&service).await;
    let place = receipt.header("location").to_owned();
    let other = decided(&service, "p-02", "others").await.ads.remove(0).explanation_token;
    for (held, status) in [(&other, 404), (&bearer, 403), (&nobody, 404), (&"forged".to_owned(), 403)] {
        let shown = get(service.address, &place.replace(&token, held), &[]).await;
        assert_eq!(shown.status, status, "{}", shown.body);
        assert!(!shown.body.contains("Your choice is kept"));
    }
    for unknown in ["unknown", "..%2f", "%00", &"x".repeat(100)] {
        let shown = get(service.address, &format!("/why/{token}/choices/{unknown}"), &[]).await;
        assert_eq!(shown.status, 404, "{unknown}");
    }
    service.clock.set(at(NOON).plus_days(31));
    assert_eq!(form.press(&service).await.status, 410);
    assert_eq!(get(service.address, &place, &[]).await.status, 410);
}

#[tokio::test]
async fn the_language_and_the_frame_stay_when_a_button_is_pressed() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "fr").await.ads.remove(0).explanation_token;
    let opened = get(service.address, &format!("/why/{token}?lang=fr&embed=1"), &[]).await;
    let receipt = followed(&service, &forms(&opened.body).remove(0).press(&service).await).await;
    assert_eq!(receipt.header("content-language"), "fr");
    assert!(
        receipt.body.contains("Votre choix est enregistré") && receipt.body.contains("class=\"embedded\"")
    );
    assert!(receipt.body.contains(&format!("href=\"/why/{token}?lang=fr&#38;embed=1\"")), "{}", receipt.body);
    assert!(receipt.header("content-security-policy").contains("form-action 'self'"));
    // A problem is told in another language by a link to the same address, which leads back.
    let back = get(service.address, &format!("/why/{token}/choices?lang=fr"), &[]).await;
    assert_eq!((back.status, back.header("location")), (303, format!("/why/{token}?lang=fr").as_str()));
    assert_eq!(get(service.address, "/why/%00/choices", &[]).await.status, 403);
}

#[tokio::test]
async fn a_choice_that_was_told_elsewhere_is_listed_and_can_be_taken_back_here() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "listed").await.ads.remove(0).explanation_token;
    let form = forms(&page(&service, &token).await.body).remove(0);
    let elsewhere = form.with("name", "Elsewhere+%3C%26+Co%3E");
    followed(&service, &elsewhere.press(&service).await).await;
    let opened = page(&service, &token).await;
    assert!(opened.body.contains("Your other choices"), "{}", opened.body);
    assert!(opened.body.contains("Ads by Elsewhere &#60;&#38; Co&#62;"), "{}", opened.body);
    let listed =
        forms(&opened.body).into_iter().find(|form| form.field("name") == "Elsewhere+%3C%26+Co%3E").unwrap();
    assert_eq!(listed.field("say"), "take_back");
    followed(&service, &listed.press(&service).await).await;
    assert_eq!(choices(&service, &token).await, Choices::default());
    let (tenant, subject) = service.engine.person_of_token(&token).await.unwrap();
    let changes = service.engine.choices(&tenant, &subject).await.unwrap().1;
    assert!(matches!(changes[1].statements[..], [Statement::TakeBack(_)]));
}
