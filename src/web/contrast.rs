//! "Why not another ad": how the ad differs from one that competed with it.

use super::setting::Setting;
use crate::decide::Compared;
use crate::domain::{Decision, Feature, Nats, Push};
use crate::explain::capitalised;

/// Most ads that one can be compared with from the page: those that came closest.
const OTHERS_MAX: usize = 30;

/// Most data that each side names.
const DATA_MAX: usize = 5;

/// The part of the page, in words.
pub(super) struct ContrastView {
    /// The other ad.
    pub(super) with: String,
    /// What counted more for the one, then what did for the other, strongest first.
    pub(super) sides: Vec<ContrastSide>,
    /// On offers, and on what the product adds of its own.
    pub(super) notes: Vec<String>,
    /// Other ads that this one can be compared with.
    pub(super) others: Vec<Other>,
}

pub(super) struct ContrastSide {
    pub(super) title: String,
    pub(super) data: Vec<String>,
}

pub(super) struct Other {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) selected: bool,
}

impl ContrastView {
    pub(super) fn of(setting: &Setting<'_>, features: &[Feature], compared: &Compared) -> Self {
        let (say, decision) = (setting.say(), &compared.decision);
        let side = |id: &str, more: bool| {
            let groups = compared.groups.iter().filter(|group| (group.difference > Nats::ZERO) == more);
            let data = groups.filter_map(|group| match &group.push {
                Push::Datum(code) => Some(capitalised(&say.phrases.datum(code, features, say.locale))),
                Push::Bid | Push::Policy => None,
            });
            let mut data: Vec<String> = data.collect();
            let smaller = data.len().saturating_sub(DATA_MAX);
            if smaller > 1 {
                data.truncate(DATA_MAX);
                data.push(say.with("contrast-smaller", &[("count", smaller)].into_iter().collect()));
            }
            ContrastSide { title: say.text(id), data }
        };
        let mut sides = vec![side("contrast-for-this", true), side("contrast-for-other", false)];
        sides.retain(|side| !side.data.is_empty());
        let bid = compared.bid();
        let bid = match bid.cmp(&Nats::ZERO) {
            std::cmp::Ordering::Equal => say.text("contrast-bid-equal"),
            more => say.phrases.contrast_of_bids(more.is_gt(), say.locale),
        };
        let policy = compared.groups.iter().any(|group| group.push == Push::Policy);
        let policy = policy.then(|| say.text("contrast-policy"));
        Self {
            with: say.about("contrast-with", say.ad(&decision.ranked[compared.other].ad)),
            sides,
            notes: std::iter::once(bid).chain(policy).collect(),
            others: others(setting, decision, compared),
        }
    }
}

fn others(setting: &Setting<'_>, decision: &Decision, compared: &Compared) -> Vec<Other> {
    let ranked = decision.ranked.iter().enumerate();
    let listed = ranked.filter(|(place, _)| *place != compared.index);
    let option = |(place, ranked): (usize, &crate::domain::RankedAd)| Other {
        id: ranked.ad.id.to_string(),
        text: format!("{}. {}", place + 1, setting.say().ad(&ranked.ad)),
        selected: place == compared.other,
    };
    let listed = listed.enumerate().filter(|(at, (place, _))| *at < OTHERS_MAX || *place == compared.other);
    listed.map(|(_, ad)| option(ad)).collect()
}
