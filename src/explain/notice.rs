//! The notice of the Digital Services Act, Article 26, and its `OpenRTB` form.

use serde::Serialize;

use crate::domain::{Decision, Feature, Purposes, Push};

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
    let transparency = match ad.domain.as_str() {
        "" => Vec::new(),
        domain => vec![DsaTransparency { domain: domain.to_owned(), dsaparams }],
    };
    Some(Notice {
        is_ad: true,
        on_behalf_of: ad.advertiser.clone(),
        paid_by: ad.payer.clone(),
        how_to_change: reasons
            .iter()
            .filter(|reason| reason.controllable)
            .map(|reason| Control { code: reason.code.clone(), purposes: reason.purposes })
            .collect(),
        main_parameters: reasons.into_iter().map(|reason| reason.code).collect(),
        dsa: Dsa { behalf: cut(&ad.advertiser), paid: cut(&ad.payer), adrender: 0, transparency },
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
    name.chars().take(NAME_CHARS_MAX).collect()
}
