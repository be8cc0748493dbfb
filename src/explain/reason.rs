//! Reasons: the strongest pushes with their evidence, and what they leave unsaid.

use crate::domain::{
    Cause, Decision, Derivation, Evidence, Feature, FeatureId, Origin, Outcome, Provenance, Purposes, Push,
    RankedAd, Reason, Standing,
};

use super::push::{Measured, measure};

/// The reason code of what the advertiser offers; such a reason has no features.
pub const BID_CODE: &str = "bid";

/// Why one ad was chosen, as far as its account says.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the reasons are compared with.
    pub baseline: Baseline,
    /// The strongest reasons: those for the ad by push, then those against it by push.
    pub reasons: Vec<Reason>,
    /// The part of all push that `reasons` name, from 0 to 1; 0 when nothing pushed at all.
    pub named_share: f64,
    /// The part that they do not name: weaker reasons, and what the product adds of its own.
    pub remainder: f64,
    /// What had one and the same effect on every ad that could have been shown.
    pub common: Vec<Common>,
    /// The data that were not used, in schema order.
    pub unused: Vec<Unused>,
    /// Whether data about the person made any difference between the ads.
    pub personal: bool,
}

/// What a push is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The mean over the eligible ads, of which so many were other ones.
    OtherAds {
        /// How many other ads were eligible; at least 1.
        others: usize,
    },
    /// The mean of the training rows: no other ad was eligible.
    TrainingMean,
}

/// A datum that counted alike for every eligible ad: true, but no reason for this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    /// Stable key, as of a reason.
    pub code: String,
    /// The features it restates.
    pub features: Vec<FeatureId>,
    /// The facts it rests on.
    pub evidence: Vec<Evidence>,
}

/// A datum that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Stable key, as of a reason.
    pub datum: String,
    /// Why not.
    pub cause: Cause,
    /// The purposes that it needs.
    pub purposes: Purposes,
    /// The features that were withheld.
    pub features: Vec<FeatureId>,
}

/// Explains why the candidate `ad_index` of `decision.ranked` stands where it does, in at most
/// `max_reasons` reasons; None when there is no such candidate.
///
/// The reasons are the strongest pushes, the strongest one for the ad always among them. What the
/// product adds of its own (intercepts, offsets, saturation) is never a reason, but is push, so it
/// counts in the remainder. `features` is the schema that the decision was made with.
#[must_use]
pub fn explain(
    decision: &Decision,
    ad_index: usize,
    features: &[Feature],
    max_reasons: usize,
) -> Option<Explanation> {
    let ad = decision.ranked.get(ad_index)?;
    let groups = measure(decision, ad_index, features);
    let total: u128 = groups.iter().map(|group| group.scaled.unsigned_abs()).sum();
    let candidates = decision.ranked.len();
    let named = choose(&groups, max_reasons);
    let named_total: u128 = named.iter().map(|group| group.scaled.unsigned_abs()).sum();
    let named_share = share(named_total, total);
    Some(Explanation {
        baseline: match candidates {
            1 => Baseline::TrainingMean,
            _ => Baseline::OtherAds { others: candidates - 1 },
        },
        reasons: named.iter().map(|group| state(group, total, candidates, ad, features)).collect(),
        named_share,
        remainder: if total == 0 { 0.0 } else { 1.0 - named_share },
        common: groups.iter().filter_map(|group| state_common(group, ad)).collect(),
        unused: list_unused(decision, ad, features),
        personal: moved_by_personal_data(&groups, features),
    })
}

/// The groups that become reasons: for the ad by push, then against it by push.
fn choose(groups: &[Measured], max_reasons: usize) -> Vec<&Measured> {
    let mut named: Vec<&Measured> =
        groups.iter().filter(|group| group.push != Push::Policy && group.scaled != 0).collect();
    let strongest_for = named.iter().position(|group| group.scaled > 0);
    if let Some(position) = strongest_for.filter(|position| *position >= max_reasons) {
        let strongest_for = named.remove(position);
        named.insert(max_reasons.saturating_sub(1), strongest_for);
    }
    named.truncate(max_reasons);
    named.sort_by_key(|group| group.scaled < 0); // stable: strongest first on either side
    named
}

fn state(group: &Measured, total: u128, candidates: usize, ad: &RankedAd, features: &[Feature]) -> Reason {
    let known = || group.features.iter().filter_map(|id| features.get(id.index()));
    // A group seldom mixes sources; where it does, what most needs to be told is told.
    let provenance = known().map(|feature| &feature.provenance).find(|from| **from != Provenance::FirstParty);
    let derivation = known().map(|feature| feature.derivation).max_by_key(|how| match how {
        Derivation::Stated => 0,
        Derivation::Observed => 1,
        Derivation::Inferred => 2,
    });
    Reason {
        code: code(&group.push),
        standing: if group.scaled < 0 { Standing::Against } else { Standing::For },
        push: group.value(candidates),
        share: share(group.scaled.unsigned_abs(), total),
        evidence: evidence_of(&group.features, ad),
        features: group.features.clone(),
        purposes: known().fold(Purposes::NONE, |needed, feature| needed.union(feature.serving)),
        provenance: provenance.cloned().unwrap_or(Provenance::FirstParty),
        derivation: derivation.unwrap_or(Derivation::Stated),
        controllable: known().any(|feature| feature.controllable),
    }
}

fn state_common(group: &Measured, ad: &RankedAd) -> Option<Common> {
    match (&group.push, group.common) {
        (Push::Datum(code), true) => Some(Common {
            code: code.clone(),
            features: group.features.clone(),
            evidence: evidence_of(&group.features, ad),
        }),
        (Push::Datum(_) | Push::Bid | Push::Policy, _) => None,
    }
}

fn code(push: &Push) -> String {
    match push {
        Push::Datum(datum) => datum.clone(),
        Push::Bid => BID_CODE.to_owned(),
        Push::Policy => "policy".to_owned(),
    }
}

/// The facts behind `features`, in their order, each once.
fn evidence_of(features: &[FeatureId], ad: &RankedAd) -> Vec<Evidence> {
    let mut facts: Vec<Evidence> = Vec::new();
    for (_, fact) in features.iter().flat_map(|id| ad.evidence.iter().filter(move |(of, _)| of == id)) {
        if !facts.contains(fact) {
            facts.push(fact.clone());
        }
    }
    facts
}

fn list_unused(decision: &Decision, ad: &RankedAd, features: &[Feature]) -> Vec<Unused> {
    let mut unused: Vec<Unused> = Vec::new();
    for verdict in &decision.verdicts {
        let Some(feature) = features.get(verdict.feature.index()) else { continue };
        let cause = match verdict.outcome() {
            Outcome::Withheld => verdict.cause,
            Outcome::Permitted if ad.ad.sensitive && is_personal(feature) => Cause::SensitiveAd,
            Outcome::Permitted => continue,
        };
        let same = unused.iter_mut().find(|known| {
            known.datum == feature.datum
                && std::mem::discriminant(&known.cause) == std::mem::discriminant(&cause)
        });
        match same {
            Some(known) => {
                known.purposes = known.purposes.union(verdict.needs);
                known.cause = unite(known.cause, cause);
                known.features.push(verdict.feature);
            }
            None => unused.push(Unused {
                datum: feature.datum.clone(),
                cause,
                purposes: verdict.needs,
                features: vec![verdict.feature],
            }),
        }
    }
    unused
}

/// Two causes of one kind as one.
fn unite(one: Cause, other: Cause) -> Cause {
    match (one, other) {
        (Cause::PurposesRefused(some), Cause::PurposesRefused(more)) => {
            Cause::PurposesRefused(some.union(more))
        }
        (Cause::RefusedBy { refused: some, decider }, Cause::RefusedBy { refused: more, .. }) => {
            Cause::RefusedBy { refused: some.union(more), decider }
        }
        (cause, _) => cause,
    }
}

fn moved_by_personal_data(groups: &[Measured], features: &[Feature]) -> bool {
    groups.iter().flat_map(|group| &group.moved).any(|id| features.get(id.index()).is_none_or(is_personal))
}

/// Whether a feature says something about the person.
#[must_use]
pub fn is_personal(feature: &Feature) -> bool {
    match feature.origin {
        Origin::Subject | Origin::History => true,
        Origin::Context | Origin::Ad => false,
    }
}

fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
