//! The notice of the Digital Services Act, Article 26, and its `OpenRTB` form.

use fluent_bundle::FluentArgs;
use serde::Serialize;

use crate::domain::{Decision, Feature, Locale, Purposes, Push, is_unseen, shown};

use super::phrases::Phrases;
use super::push::measure;
use super::reason::{explain, is_personal};

/// What a platform must tell with an ad (Regulation (EU) 2022/2065, Article 26, paragraph 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// That it is an ad.
    pub is_ad: bool,
    /// On whose behalf it is shown.
    pub on_behalf_of: String,
    /// Who paid for it.
    pub paid_by: String,
    /// What decided that this person sees it: reason codes, strongest first, those for it first.
    pub main_parameters: Vec<String>,
    /// How to change that: the main parameters that the person can switch off.
    pub how_to_change: Vec<Control>,
    /// The same for the bid response.
    pub dsa: Dsa,
}

/// One main parameter and the purposes whose refusal switches it off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The reason code.
    pub code: String,
    /// Any of these.
    pub purposes: Purposes,
}

/// The `dsa` object of a bid (IAB Tech Lab, `OpenRTB` extension "DSA Transparency").
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dsa {
    /// On whose behalf, at most 100 characters.
    pub behalf: String,
    /// Who paid, at most 100 characters; given even when the same.
    pub paid: String,
    /// 0: the advertiser does not show this notice itself.
    pub adrender: u8,
    /// Who used which user parameters.
    pub transparency: Vec<DsaTransparency>,
}

/// The user parameters that one party applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DsaTransparency {
    /// The party's domain.
    pub domain: String,
    /// 1: profiling; 2: basic advertising, from context. Ascending.
    pub dsaparams: Vec<u8>,
}

/// Longest name in a `dsa` object, in characters.
const NAME_CHARS_MAX: usize = 100;

const PROFILING: u8 = 1;
const BASIC: u8 = 2;

impl Phrases {
    /// How the main parameters of a notice can be changed.
    #[must_use]
    pub fn how_to_change(&self, notice: &Notice, features: &[Feature], locale: Locale) -> String {
        if notice.how_to_change.is_empty() {
            return self.text("change-none", locale);
        }
        let data = notice.how_to_change.iter().map(|control| self.datum(&control.code, features, locale));
        let data = data.collect::<Vec<_>>().join(&self.text("list-separator", locale));
        let purposes = notice.how_to_change.iter().fold(Purposes::NONE, |all, one| all.union(one.purposes));
        let mut variables = FluentArgs::new();
        variables.set("data", data);
        variables.set("purposes", self.purposes(purposes, locale));
        self.say("notice-change", locale, &variables)
    }
}

/// The notice for the candidate `ad_index` of `decision.ranked`, with at most `max_parameters` main
/// parameters; None when there is no such candidate.
///
/// All of it is read off the account: profiling is declared if, and only if, a line made of data
/// about the person told this ad from the others.
#[must_use]
pub fn notice(
    decision: &Decision,
    ad_index: usize,
    features: &[Feature],
    max_parameters: usize,
) -> Option<Notice> {
    let ad = decision.ranked.get(ad_index)?;
    let reasons = explain(decision, ad_index, features, max_parameters)?.reasons;
    let dsaparams = parameters(decision, ad_index, features);
    let transparency = match ad.ad.domain.as_str() {
        "" => Vec::new(),
        domain => vec![DsaTransparency { domain: seen(domain).collect(), dsaparams }],
    };
    Some(Notice {
        is_ad: true,
        on_behalf_of: shown(&ad.ad.advertiser).into_owned(),
        paid_by: shown(&ad.ad.payer).into_owned(),
        how_to_change: reasons
            .iter()
            .filter(|reason| reason.controllable)
            .map(|reason| Control { code: reason.code.clone(), purposes: reason.purposes })
            .collect(),
        main_parameters: reasons.into_iter().map(|reason| reason.code).collect(),
        dsa: Dsa { behalf: cut(&ad.ad.advertiser), paid: cut(&ad.ad.payer), adrender: 0, transparency },
    })
}

fn parameters(decision: &Decision, ad_index: usize, features: &[Feature]) -> Vec<u8> {
    let groups = measure(decision, ad_index, features);
    let mut parameters: Vec<u8> = groups
        .iter()
        .filter(|group| matches!(group.push, Push::Datum(_)))
        .flat_map(|group| &group.moved)
        .map(|id| if features.get(id.index()).is_none_or(is_personal) { PROFILING } else { BASIC })
        .collect();
    parameters.sort_unstable();
    parameters.dedup();
    parameters
}

fn cut(name: &str) -> String {
    seen(name).take(NAME_CHARS_MAX).collect()
}

/// The characters of a name that can be seen.
fn seen(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|character| !is_unseen(*character))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::{self, AGE, BOUGHT, CATEGORY, WEEKDAY, account, ad, decision, of};
    use super::*;
    use crate::domain::{LineSource, RankedAd};

    fn params(ranked: Vec<RankedAd>) -> Vec<u8> {
        let notice = notice(&decision(ranked), 0, &sample::features(), 3).unwrap();
        notice.dsa.transparency[0].dsaparams.clone()
    }

    #[test]
    fn the_notice_says_who_why_and_how_to_change_it() {
        let notice = notice(&sample::three_ads(), 0, &sample::features(), 3).unwrap();
        assert!(notice.is_ad);
        assert_eq!(
            (notice.on_behalf_of.as_str(), notice.paid_by.as_str()),
            ("Maison Froide", "Groupe Grand Froid")
        );
        assert_eq!(notice.main_parameters, ["category_purchases", "bid", "category"]);
        assert_eq!(notice.how_to_change.len(), 1);
        assert_eq!(notice.how_to_change[0].code, "category_purchases");
        let json = serde_json::to_value(&notice.dsa).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "behalf": "Maison Froide", "paid": "Groupe Grand Froid", "adrender": 0,
                "transparency": [{ "domain": "maison-froide.example", "dsaparams": [1, 2] }],
            })
        );
    }

    #[test]
    fn profiling_is_declared_only_if_personal_data_told_the_ads_apart() {
        let lines = |bought, category| {
            account(&[(of(BOUGHT), bought), (of(CATEGORY), category), (LineSource::Bid, bought)])
        };
        assert_eq!(params(vec![ad("a", lines(5, 7)), ad("b", lines(5, 3))]), [2]);
        assert_eq!(params(vec![ad("a", lines(5, 3)), ad("b", lines(4, 3))]), [1]);
        assert!(params(vec![ad("a", lines(5, 3)), ad("b", lines(5, 3))]).is_empty());
    }

    #[test]
    fn pushes_that_cancel_within_one_datum_are_declared_all_the_same() {
        let here = account(&[(of(BOUGHT), 5), (of(sample::SINCE), -5)]);
        let there = account(&[(of(BOUGHT), 0), (of(sample::SINCE), 0)]);
        assert_eq!(params(vec![ad("a", here), ad("b", there)]), [1]);
    }

    #[test]
    fn an_only_ad_declares_what_it_was_scored_with() {
        assert_eq!(params(vec![ad("a", account(&[(of(AGE), 0), (of(WEEKDAY), -4)]))]), [2]);
    }

    #[test]
    fn data_that_the_schema_does_not_know_are_taken_for_personal() {
        let decision = decision(vec![ad("a", account(&[(of(WEEKDAY), 4)]))]);
        assert_eq!(notice(&decision, 0, &[], 3).unwrap().dsa.transparency[0].dsaparams, [1]);
    }

    #[test]
    fn names_are_cut_to_a_hundred_characters_and_an_unknown_domain_declares_nobody() {
        let mut long = ad("a", account(&[(of(AGE), 4)]));
        let label = Arc::make_mut(&mut long.ad);
        label.payer = "é".repeat(101);
        label.domain = String::new();
        let notice = notice(&decision(vec![long]), 0, &sample::features(), 3).unwrap();
        assert_eq!(notice.dsa.paid.chars().count(), 100);
        assert_eq!(notice.paid_by.chars().count(), 101);
        assert!(notice.dsa.transparency.is_empty());
    }

    #[test]
    fn there_is_no_notice_for_an_ad_that_is_not_there() {
        assert_eq!(notice(&sample::three_ads(), 9, &sample::features(), 3), None);
    }
}
