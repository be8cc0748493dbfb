use std::sync::Arc;

use super::*;
use crate::decide::Chooser;
use crate::domain::{Cause, Choices, Locale, Localised, Objection, Purpose, Statement, SubjectKey, TenantId};
use crate::explain::sample::{self, AGE, BOUGHT, SINCE};
use crate::explain::{Phrases, contrast};

fn page(change: impl FnOnce(&mut WhyRequest<'_>), decision: &Decision) -> String {
    let (features, phrases) = (sample::features(), Phrases::load(&Localised::default()).unwrap());
    let placed = Placed::default();
    let setting = setting(&phrases, &placed);
    let controls = controls(Chooser::Bearer);
    let mut request = WhyRequest {
        decision,
        ad_index: 0,
        features: &features,
        setting,
        precision: Precision::Exact,
        controls: &controls,
        concerns: &[],
        compared: None,
        fresh: &fresh,
    };
    change(&mut request);
    why_page(&request).unwrap().unwrap()
}

fn setting<'a>(phrases: &'a Phrases, placed: &'a Placed) -> Setting<'a> {
    Setting { phrases, locale: Locale::En, asked_supported: true, placed, sample: false }
}

/// The page of the first ad, as it is told to whom `controls` says.
fn told(decision: &Decision, told_in: &Setting<'_>, controls: &Controls, other: Option<&Compared>) -> String {
    let request = WhyRequest {
        decision,
        ad_index: 0,
        features: &sample::features(),
        setting: *told_in,
        precision: Precision::Exact,
        controls,
        concerns: &[],
        compared: other,
        fresh: &fresh,
    };
    let html = why_page(&request).unwrap().unwrap();
    elements(&html);
    html
}

fn fresh() -> ChangeId {
    ChangeId::parse("c-1").unwrap()
}

/// What can be chosen about the sample decision.
fn controls(chooser: Chooser) -> Controls {
    let ad = (*sample::three_ads().ranked[0].ad).clone();
    let purposes = [Purpose::CreateAdProfile, Purpose::SelectPersonalisedAds].into_iter().collect();
    let data = ["category_purchases", "age"].map(str::to_owned).into();
    Controls { chooser, choices: Choices::default(), ad, data, purposes }
}

fn person() -> Chooser {
    Chooser::Person(TenantId::parse("demo").unwrap(), SubjectKey::from_bytes([1; 32]))
}

/// The element names in order, checked to nest.
fn elements(html: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap().to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closes what is open");
        } else if !tag.starts_with('!') {
            seen.push(name.clone());
            if !tag.ends_with('/') && !matches!(name.as_str(), "meta" | "link" | "input") {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    seen
}

#[test]
fn the_page_says_who_why_how_much_and_from_where() {
    let html = page(|_| {}, &sample::three_ads());
    for expected in [
        "You see this ad mainly because you bought “FROZEN PIZZA” 4 times in the last 12 weeks.",
        "Maison Froide",
        "Groupe Grand Froid",
        "Compared with the 2 other ads that could have been shown here.",
        "<span>75%</span>",
        "Most recently on 1 September 2017.",
        "Source: a partner, Panel &#38; Co, concluded from other data.",
        "Used with your consent to build a profile of you for ads and choose ads with a profile of you.",
        "What spoke against it",
        "These 4 reasons are 97% of all that spoke for or against this ad. The remaining 3% are weaker reasons",
        "Day of the week: Monday.",
        "<p>Kept for one year:</p>",
        "made on 4 September 2017 at 10:05 UTC.",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
}

#[test]
fn the_page_is_well_formed_and_needs_neither_script_nor_inline_style() {
    for locale in Locale::ALL {
        let html = page(|request| request.setting.locale = locale, &sample::three_ads());
        let elements = elements(&html);
        assert_eq!(elements.iter().filter(|name| *name == "h1").count(), 1);
        assert_eq!(elements.iter().filter(|name| *name == "main").count(), 1);
        assert!(!elements.iter().any(|name| name == "script" || name == "style"));
        assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("javascript:"));
        assert!(html.contains(&format!("<html lang=\"{locale}\">")));
        for other in Locale::ALL {
            let link = format!("href=\"?lang={other}\" hreflang=\"{other}\" lang=\"{other}\"");
            assert_eq!(html.contains(&link), other != locale, "{locale} {other}");
        }
        assert!(html.contains("<meta name=\"referrer\" content=\"no-referrer\">"), "the address is a token");
        for id in html.split("aria-labelledby=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}

#[test]
fn what_others_wrote_cannot_become_markup() {
    let mut decision = sample::three_ads();
    let label = Arc::make_mut(&mut decision.ranked[0].ad);
    label.advertiser = "<script>alert(1)</script>".to_owned();
    label.payer = "\"><img src=x>".to_owned();
    label.category = "<b>".to_owned();
    let html = page(|_| {}, &decision);
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"));
    elements(&html);
}

#[test]
fn bids_are_higher_or_lower_but_never_told() {
    let html = page(|_| {}, &sample::three_ads());
    assert!(html.contains("Its advertiser offered more than the other advertisers did on average."));
    assert!(!html.contains("EUR") && !html.contains("2,000,000") && !html.contains("soap"));
}

#[test]
fn what_was_refused_is_named_with_its_cause() {
    let mut decision = sample::three_ads();
    let refused = Purposes::NONE.with(Purpose::SelectPersonalisedAds);
    decision.verdicts[AGE.index()].cause = Cause::PurposesRefused(refused);
    let html = page(|request| request.setting.locale = Locale::Fr, &decision);
    let at = html
        .find("Vous n’avez pas accepté cette finalité\u{a0}: choisir des publicités avec un profil de vous.");
    assert!(html[at.unwrap()..].contains("<li>Votre âge</li>"), "{html}");
    assert!(!html.contains("Rien n’a été écarté."));
    let kept = &html[html.find("Conservé pendant un an\u{a0}:").unwrap()..];
    assert!(kept.contains("<li>Vos achats dans cette catégorie</li>"), "{html}");
    assert!(!kept.contains("Votre âge"), "what may not be read is not said to be kept");
}

#[test]
fn a_choice_without_personal_data_says_so() {
    let mut decision = sample::three_ads();
    for ad in &mut decision.ranked {
        let lines = ad.account.lines();
        ad.account =
            lines.filter(|line| ![BOUGHT, SINCE, AGE].map(sample::of).contains(&line.source)).collect();
    }
    for id in [BOUGHT, SINCE, AGE] {
        decision.verdicts[id.index()].cause = Cause::NoSubject;
    }
    let html = page(|_| {}, &decision);
    assert!(html.contains("Nothing that is known about you made a difference between the ads."));
    assert!(html.contains("The site did not say who you are, so nothing about you was looked up."));
    assert!(html.contains("No choice of yours would change these reasons"));
    assert!(html.contains("so nothing is kept about you for this purpose."));
}

#[test]
fn an_only_ad_is_said_to_be_the_only_one() {
    let mut decision = sample::three_ads();
    decision.ranked.truncate(1);
    let html = page(|_| {}, &decision);
    assert!(html.contains("<h1>This was the only ad that could be shown here.</h1>"));
    assert!(html.contains("compared with the average of past cases"));
}

#[test]
fn small_print_tells_of_ranges_samples_and_the_language() {
    let plain = page(|_| {}, &sample::three_ads());
    let noted = page(
        |request| {
            request.precision = Precision::Banded;
            request.setting.sample = true;
            request.setting.asked_supported = false;
        },
        &sample::three_ads(),
    );
    for note in ["are given in ranges", "are sample values", "not available in your language"] {
        assert!(noted.contains(note) && !plain.contains(note), "{note}");
    }
    assert!(noted.contains("1 to 5 times") && !noted.contains("4 times"));
}

#[test]
fn an_ad_that_is_not_there_has_no_page() {
    let (features, phrases) = (sample::features(), Phrases::load(&Localised::default()).unwrap());
    let placed = Placed::default();
    let request = WhyRequest {
        decision: &sample::three_ads(),
        ad_index: 3,
        features: &features,
        setting: setting(&phrases, &placed),
        precision: Precision::Exact,
        controls: &controls(Chooser::Bearer),
        concerns: &[],
        compared: None,
        fresh: &fresh,
    };
    assert!(why_page(&request).unwrap().is_none());
}

#[test]
fn the_page_leads_to_how_ads_are_chosen_and_its_links_stay_in_the_frame() {
    let phrases = Phrases::load(&Localised::default()).unwrap();
    let page = |placed: &Placed| {
        let french = Setting { locale: Locale::Fr, ..setting(&phrases, placed) };
        told(&sample::three_ads(), &french, &controls(person()), None)
    };
    let alone = page(&Placed::new(false, Some("abc")));
    assert!(alone.contains("href=\"/how-it-works?lang=fr&#38;from=abc\""), "{alone}");
    assert!(alone.contains("action=\"/why/abc/choices?lang=fr\""), "{alone}");
    assert!(!alone.contains("embed") && !alone.contains("/closed"));
    let framed = page(&Placed::new(true, Some("abc")));
    assert!(framed.contains("href=\"/how-it-works?lang=fr&#38;embed=1&#38;from=abc\""), "{framed}");
    assert!(framed.contains("href=\"?lang=en&#38;embed=1\"") && framed.contains("<body class=\"embedded\">"));
    assert!(framed.contains("action=\"/why/abc/choices?lang=fr&#38;embed=1\""), "{framed}");
    assert!(framed.contains("href=\"/closed?lang=fr&#38;from=abc\""), "{framed}");
}

#[test]
fn the_person_has_a_button_for_all_that_can_be_chosen_and_nobody_else_has_any() {
    let (phrases, placed) = (Phrases::load(&Localised::default()).unwrap(), Placed::new(false, Some("abc")));
    for locale in Locale::ALL {
        let setting = Setting { locale, ..setting(&phrases, &placed) };
        let page = |chooser| told(&sample::three_ads(), &setting, &controls(chooser), None);
        let open = page(person());
        // The advertiser, the category, two data, two purposes, and everything.
        assert_eq!(open.matches("<form method=\"post\"").count(), 7, "{locale}");
        assert!(!open.contains("control-") && !open.contains("state-"), "{locale}: a phrase is missing");
        for closed in [page(Chooser::Bearer), page(Chooser::Nobody)] {
            assert!(!closed.contains("/choices") && closed.contains("/concerns"), "{locale}: but may ask");
        }
    }
}

#[test]
fn what_was_chosen_is_said_and_can_be_taken_back() {
    let mut chosen = controls(person());
    let mut hear = |statement: Statement| chosen.choices.hear(&statement, sample::three_ads().at);
    hear(Statement::Object(Objection::Advertiser("Maison Froide".to_owned())));
    hear(Statement::Object(Objection::Advertiser("Elsewhere <&> Co".to_owned())));
    hear(Statement::Object(Objection::Datum("age".to_owned())));
    hear(Statement::Grant(Purpose::SelectPersonalisedAds));
    hear(Statement::Withdraw(Purpose::CreateAdProfile));
    let (phrases, placed) = (Phrases::load(&Localised::default()).unwrap(), Placed::new(false, Some("abc")));
    let html = told(&sample::three_ads(), &setting(&phrases, &placed), &chosen, None);
    for told in [
        "No ads by Maison Froide are shown to you.",
        "Ads by Elsewhere &#60;&#38;&#62; Co",
        "Your other choices",
        "Is not used for ads.",
        "You do not accept this.",
        "You accept this.",
        "Show these ads again",
        "Use this again",
        "Stop accepting this",
        "Accept this again",
    ] {
        assert!(html.contains(told), "{told}\n{html}");
    }
    assert_eq!(html.matches("value=\"take_back\"").count(), 3);
    assert_eq!(html.matches("value=\"grant\"").count(), 1);
    assert_eq!(html.matches("value=\"withdraw\"").count(), 1);
}

#[test]
fn another_ad_is_compared_without_telling_what_anyone_offers() {
    let mut decision = sample::three_ads();
    Arc::make_mut(&mut decision.ranked[1].ad).advertiser = "<i>Soap & Sons</i>".to_owned();
    let groups = contrast(&decision, 0, 1, &sample::features()).unwrap();
    let compared =
        Compared { decision: decision.clone(), index: 0, other: 1, groups, precision: Precision::Exact };
    let (phrases, placed) = (Phrases::load(&Localised::default()).unwrap(), Placed::new(false, Some("abc")));
    let page = |other| told(&decision, &setting(&phrases, &placed), &controls(Chooser::Bearer), other);
    let html = page(Some(&compared));
    for told in [
        "Compared with another ad that could have been shown here.",
        "&#60;i&#62;Soap &#38; Sons&#60;/i&#62;",
        "Counted more for this ad",
        "Counted more for the other ad",
        "The advertiser of this ad offers more than that of the other one.",
        "<option value=\"soap\" selected>2. An ad by",
        "<option value=\"tea\">3. An ad by Maison Froide",
    ] {
        assert!(html.contains(told), "{told}\n{html}");
    }
    assert!(!html.contains("EUR") && !html.contains("2,000,000") && !html.contains("value=\"pizza\""));
    assert!(page(None).contains("No other ad could have been shown here."));
}

#[test]
fn of_many_things_that_are_true_of_every_ad_twelve_stand_open_and_the_rest_unfolds() {
    let (features, phrases) = (sample::features(), Phrases::load(&Localised::default()).unwrap());
    let (placed, decision, controls) = (Placed::default(), sample::three_ads(), controls(Chooser::Bearer));
    let request = WhyRequest {
        decision: &decision,
        ad_index: 0,
        features: &features,
        setting: setting(&phrases, &placed),
        precision: Precision::Exact,
        controls: &controls,
        concerns: &[],
        compared: None,
        fresh: &fresh,
    };
    let mut explanation = explain(&decision, 0, &features, REASONS_MAX).unwrap();
    let one = explanation.common[0].clone();
    for (count, folded) in [(1, None), (12, None), (13, Some(1)), (1000, Some(988))] {
        explanation.common = vec![one.clone(); count];
        let html = WhyPage::of(&request, &explanation, &decision.ranked[0]).render().unwrap();
        elements(&html);
        let summary = folded.map(|folded| format!("<summary>{folded} more</summary>"));
        assert_eq!(summary.is_some(), html.contains("<details>"), "{count}");
        assert!(summary.is_none_or(|summary| html.contains(&summary)), "{count}");
    }
}

#[test]
fn a_bar_says_no_more_than_the_percent_beside_it() {
    let html = page(|_| {}, &sample::three_ads());
    let after = |text: &str| html.split(text).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let bars = after("<rect class=\"part\" width=\"");
    let told = after("<span>");
    let bars: Vec<&str> = bars.iter().map(|rest| rest.split('"').next().unwrap()).collect();
    let told: Vec<&str> = told.iter().map(|rest| rest.split('<').next().unwrap()).collect();
    assert!(!bars.is_empty());
    for bar in bars {
        assert!(told.contains(&bar), "{bar} is not among {told:?}");
    }
}
