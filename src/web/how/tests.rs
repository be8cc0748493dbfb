use super::*;
use crate::data::schema::ListedNodes;
use crate::decide::{WorkedStep, WorkedValue};
use crate::domain::{Derivation, FeatureId, Locale, Localised, Provenance, Purpose, Purposes};
use crate::explain::Phrases;

fn told() -> HowItWorks {
    let datum = |code: &str, about: Origin, share: f64| LookedAt {
        code: code.to_owned(),
        label: format!("{code} & more"),
        share,
        personal: about == Origin::History,
        about,
        sources: vec![(Provenance::FirstParty, Derivation::Observed)],
        purposes: match about {
            Origin::History => Purposes::NONE.with(Purpose::SelectPersonalisedAds),
            Origin::Subject | Origin::Context | Origin::Ad => Purposes::NONE,
        },
        retention_days: if about == Origin::History { 90 } else { 0 },
        controllable: about == Origin::History,
    };
    let estimate = |of_thousand: f64| Estimate { score: 0.0, of_thousand };
    let step = |fact: &str, of_thousand: f64| WorkedStep {
        fact: fact.to_owned(),
        feature: FeatureId(0),
        value: WorkedValue::Number(5.0),
        estimate: estimate(of_thousand),
    };
    HowItWorks {
        steps: (1..=6).map(|step| format!("step {step}")).collect(),
        looks_at: vec![
            datum("purchases", Origin::History, 0.75),
            datum("offer", Origin::Ad, 0.247),
            datum("hour", Origin::Context, 0.003),
        ],
        never_looks_at: vec!["age".to_owned()],
        sensitive: Vec::new(),
        ordinary: Vec::new(),
        listed: ListedNodes::default(),
        estimates: vec!["it can be wrong".to_owned()],
        example: Some(WorkedExample {
            response: Response::Conversion,
            start: estimate(24.2),
            steps: vec![step("You bought <tea> on 5 days.", 60.4), step("It is noon.", 0.3)],
        }),
        choices: vec!["you can refuse".to_owned()],
    }
}

fn page(change: impl FnOnce(&mut HowItWorks), locale: Locale, placed: &Placed) -> String {
    let mut told = told();
    change(&mut told);
    let phrases = Phrases::load(&Localised::default()).unwrap();
    let setting = Setting { phrases: &phrases, locale, asked_supported: true, placed, sample: true };
    how_page(&HowRequest { told: &told, setting }).unwrap()
}

#[test]
fn the_nodes_on_the_sensitive_list_are_named_with_their_ids_and_none_is_without_a_list() {
    let nodes = [1002, 1544].map(|id| Node::of_id(id).unwrap());
    let html = page(|told| told.listed.whole.extend(nodes), Locale::Fr, &Placed::default());
    assert!(html.contains("<p class=\"source\" lang=\"en\">Alcohol (1002), Tobacco (1544)</p>"), "{html}");
    assert!(html.contains("IAB Ad Product Taxonomy 2.0, en anglais"));
    assert!(!page(|_| {}, Locale::En, &Placed::default()).contains("Taxonomy"));
}

#[test]
fn the_page_says_what_is_looked_at_how_much_whence_and_how_long() {
    let html = page(|_| {}, Locale::En, &Placed::default());
    for expected in [
        "<h1>How ads are chosen here</h1>",
        "<h3 id=\"about-person\">About you</h3>",
        "Purchases &#38; more",
        "<span>75%</span>",
        "Source: this site, as observed.",
        "Kept for 90 days.",
        "Looked at only if you accept this purpose: choose ads with a profile of you.",
        "<h3 id=\"about-ad\">About the ad</h3>",
        "<h3 id=\"about-place\">About the page and the moment</h3>",
        "<span>less than 1%</span>",
        "It says nothing about you.",
        "are sample values",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
}

#[test]
fn the_example_is_named_as_made_up_and_counts_out_of_a_thousand() {
    let html = page(|_| {}, Locale::En, &Placed::default());
    for expected in [
        "This person does not exist",
        "Of 1,000 such people, about 24 do what the ad asks for.",
        "<p class=\"sentence\">You bought &#60;tea&#62; on 5 days.",
        "Of 1,000 such people, it is now about 60: more than before.",
        "Of 1,000 such people, it is now fewer than 1: fewer than before.",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
    assert!(html.contains("width=\"100.0%\"") && html.contains("width=\"40.1%\""), "{html}");
    let french = page(|_| {}, Locale::Fr, &Placed::default());
    assert!(
        french.contains("Sur 1\u{202f}000 personnes dans ce cas, environ 24 font ce que propose"),
        "{french}"
    );
}

#[test]
fn what_no_model_tells_is_left_out() {
    let html = page(
        |told| {
            told.example = None;
            told.looks_at.clear();
        },
        Locale::En,
        &Placed::default(),
    );
    assert!(!html.contains("does not exist") && !html.contains("id=\"example\""));
    assert!(html.contains("No ads are being chosen at the moment"));
}

#[test]
fn the_page_leads_back_to_the_reasons_that_it_was_opened_from() {
    let html = page(|_| {}, Locale::En, &Placed::new(true, Some("abc")));
    assert_eq!(html.matches("href=\"/why/abc?lang=en&#38;embed=1\"").count(), 2, "{html}");
    assert!(html.contains("href=\"?lang=fr&#38;embed=1&#38;from=abc\""), "{html}");
    assert!(!page(|_| {}, Locale::En, &Placed::default()).contains("/why/"));
}

#[test]
fn the_page_needs_neither_script_nor_inline_style_in_any_language() {
    for locale in Locale::ALL {
        let html = page(|_| {}, locale, &Placed::default());
        assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("how-"), "{html}");
        assert!(html.contains(&format!("<html lang=\"{locale}\">")));
        for id in html.split("aria-labelledby=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}
