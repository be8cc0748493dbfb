//! What an envelope holds: all that a decision was made of, and what came of it.
//!
//! Accounts are not in it: they are made again from what the models read, the models being named, and the
//! ranking values, the lines of the first ad and a digest of everything tell whether they are the same.
//! Candidates share most of what is said of them, so it is written by column.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::column::Column;
use super::listing::Listing;
use crate::domain::{
    AdId, AdLabel, AdValue, Bid, Cell, Decision, DecisionId, Evidence, FeatureId, ImpressionId, Nats,
    NotShown, Policy, Purposes, RankedAd, Refusal, RefusalCause, TenantId, Timestamp, Verdict, Versions,
    Workings,
};
use crate::store::Hash;

/// What a decision was made of, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The decision's identifier.
    pub id: DecisionId,
    /// Whose data.
    pub tenant: TenantId,
    /// The impression decided on.
    pub impression: ImpressionId,
    /// When.
    pub at: Timestamp,
    /// What it was decided with.
    pub versions: Versions,
    /// Whether the request named a person.
    pub has_subject: bool,
    /// The purposes in force.
    pub accepted: Purposes,
    /// What the gate said of each feature, in schema order.
    pub verdicts: Vec<Verdict>,
    /// Names of the schema's features.
    pub features: Arc<[String]>,
    /// What decided beside the models.
    pub policy: Policy,
    /// The candidates that were refused before any was scored.
    pub refused: Vec<Refusal>,
    /// Whether time ran out before all were scored.
    pub late: bool,
    /// The ads that were scored: the eligible ones, best first, then those below the floor.
    pub scored: Vec<Scored>,
    /// The features that were read.
    pub read: Vec<FeatureId>,
    /// Their values, one ad after the other.
    values: Vec<Input>,
    texts: Vec<String>,
    /// What came of it.
    pub upshot: Upshot,
}

/// An ad that was scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The ad.
    pub ad: Arc<AdLabel>,
    /// What it offered.
    pub bid: Bid,
    /// Its own features, if it is of the listing.
    own: Vec<(FeatureId, AdValue)>,
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upshot {
    /// How many ads were eligible.
    pub eligible: u32,
    /// The ranking value of each ad that was scored.
    pub ranking_values: Vec<Nats>,
    /// The lines of the first ad's account.
    pub first: Vec<Nats>,
    /// The facts behind the features of each ad that is shown.
    pub evidence: Vec<Vec<(FeatureId, Evidence)>>,
    /// Digest of all that is told of the ads (BLAKE3, its first half).
    pub digest: [u8; 16],
}

/// The value of one feature for one ad.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Input {
    Missing,
    Withheld,
    /// What the listing says of the ad.
    Own,
    /// A number without a fraction.
    Whole(i64),
    Number(f64),
    /// A category, by its place among the texts.
    Category(u32),
}

impl Record {
    /// The record of a decision without its being kept; None when its workings do not fit.
    #[must_use]
    pub fn of(decision: &Decision, workings: &Workings<'_>, listing: &Listing) -> Option<Self> {
        Sheet::of(decision, workings, listing).record(Some(listing))
    }

    /// The ads that are shown, best first.
    pub fn shown(&self) -> impl Iterator<Item = &AdLabel> {
        self.scored.iter().take(self.upshot.evidence.len()).map(|scored| &*scored.ad)
    }

    /// What a model reads of the ad at `place`: one cell per feature of the schema, those that were not
    /// read being withheld.
    pub fn row<'r>(&'r self, place: usize, row: &mut Vec<Cell<'r>>) {
        row.clear();
        row.resize(self.features.len(), Cell::Withheld);
        let inputs = &self.values[place * self.read.len()..][..self.read.len()];
        for (feature, input) in self.read.iter().zip(inputs) {
            if let Some(cell) = row.get_mut(feature.index()) {
                *cell = match input {
                    Input::Own => self.scored[place].own(*feature),
                    other => other.cell(&self.texts),
                };
            }
        }
    }
}

impl Scored {
    fn own(&self, feature: FeatureId) -> Cell<'_> {
        let place = self.own.binary_search_by_key(&feature, |(id, _)| *id);
        place.map_or(Cell::Missing, |place| self.own[place].1.cell())
    }
}

impl Upshot {
    /// What came of `decision`; `below` are the ads below its floor.
    #[must_use]
    pub fn of(decision: &Decision, below: &[RankedAd]) -> Self {
        let shown = &decision.ranked[..decision.ranked.len().min(decision.shown as usize)];
        Self {
            eligible: narrow(decision.ranked.len()),
            ranking_values: decision.ranked.iter().chain(below).map(RankedAd::ranking_value).collect(),
            first: decision.ranked.first().map(|ad| ad.account.values().to_vec()).unwrap_or_default(),
            evidence: shown.iter().map(|ad| ad.evidence.clone()).collect(),
            digest: digest(decision),
        }
    }
}

/// Digest of all that a decision tells of its ads.
fn digest(decision: &Decision) -> [u8; 16] {
    // Hashed at once: so the hash takes many blocks side by side.
    let lines = decision.ranked.first().map_or(0, |ad| ad.account.values().len());
    let mut bytes = Vec::with_capacity(decision.ranked.len() * (lines + 8) * 8);
    let mut last = None;
    for RankedAd { ad, account, profile, probability, expected_value_per_mille, .. } in &decision.ranked {
        bytes.extend_from_slice(ad.id.as_str().as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(profile.name().as_bytes());
        bytes.extend_from_slice(&probability.to_le_bytes());
        bytes.extend_from_slice(&expected_value_per_mille.to_le_bytes());
        if last.is_none_or(|last: &Arc<[_]>| last != account.sources()) {
            bytes.extend(postcard::to_stdvec(&account.sources()[..]).unwrap_or_default());
            last = Some(account.sources());
        }
        for value in account.values() {
            bytes.extend_from_slice(&value.units().to_le_bytes());
        }
    }
    let refused = (&decision.refused, decision.shown, decision.not_shown);
    bytes.extend(postcard::to_stdvec(&refused).unwrap_or_default());
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..16]);
    half
}

/// A record as it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct Sheet<'d> {
    id: DecisionId,
    tenant: Cow<'d, TenantId>,
    impression: Cow<'d, ImpressionId>,
    at: Timestamp,
    versions: Cow<'d, Versions>,
    has_subject: bool,
    accepted: Purposes,
    verdicts: Cow<'d, [Verdict]>,
    features: Cow<'d, [String]>,
    policy: Cow<'d, Policy>,
    refused: Vec<Refusal>,
    late: bool,
    /// The version of the listing that ads are of.
    listing: Option<Hash>,
    /// The distinct texts of the other ads and of what was read.
    texts: Vec<Cow<'d, str>>,
    ads: Vec<Which<'d>>,
    /// Of the other ads, places in the texts: advertiser, payer, domain, category.
    labels: [Column<u32>; 4],
    sensitive: Column<bool>,
    bids: Column<Bid>,
    read: Vec<FeatureId>,
    /// What was read, by feature.
    inputs: Vec<Column<Input>>,
    upshot: Upshot,
}

/// Which ad.
#[derive(Serialize, Deserialize)]
enum Which<'d> {
    /// The one at this place of the listing.
    Listed(u32),
    /// One that the request brought.
    Told(Cow<'d, AdId>),
}

impl<'d> Sheet<'d> {
    /// The sheet of a decision and what it was made of.
    pub(super) fn of(decision: &'d Decision, workings: &'d Workings<'d>, listing: &Listing) -> Self {
        let Workings { policy, inputs, order, below } = workings;
        let mut texts = Texts::default();
        let scored = || decision.ranked.iter().chain(below);
        let ads: Vec<Which<'d>> = scored().map(|ranked| Which::of(&ranked.ad, listing)).collect();
        let told = || scored().map(|ranked| &ranked.ad).zip(&ads).filter(|(_, which)| !which.is_listed());
        let labels: Vec<[u32; 4]> = told()
            .map(|(ad, _)| {
                [&ad.advertiser, &ad.payer, &ad.domain, &ad.category].map(|text| texts.place(text))
            })
            .collect();
        let sensitive = Column::of(told().map(|(ad, _)| ad.sensitive));
        let mut values = Vec::with_capacity(order.len());
        let mut column = |(place, feature): (usize, FeatureId)| {
            let is_own = inputs.own.contains(&feature);
            values.clear();
            values.extend(order.iter().zip(&ads).map(|(ad, which)| match inputs.cell(*ad, place) {
                Cell::Withheld => Input::Withheld,
                _ if is_own && which.is_listed() => Input::Own,
                cell => Input::of(cell, &mut texts),
            }));
            Column::of(values.iter().copied())
        };
        Self {
            id: decision.id,
            tenant: Cow::Borrowed(&decision.tenant),
            impression: Cow::Borrowed(&decision.impression),
            at: decision.at,
            versions: Cow::Borrowed(&decision.versions),
            has_subject: decision.has_subject,
            accepted: decision.accepted,
            verdicts: Cow::Borrowed(&decision.verdicts),
            features: Cow::Borrowed(&decision.features),
            policy: Cow::Borrowed(policy),
            refused: decision.refused.iter().filter(|refusal| !is_below(refusal)).cloned().collect(),
            late: decision.not_shown == Some(NotShown::Deadline),
            listing: ads.iter().any(Which::is_listed).then_some(listing.version()),
            inputs: inputs.features().enumerate().map(&mut column).collect(),
            ads,
            texts: texts.met,
            labels: [0, 1, 2, 3].map(|text| Column::of(labels.iter().map(|label| label[text]))),
            sensitive,
            bids: Column::of(scored().map(|ranked| ranked.bid)),
            read: inputs.features().collect(),
            upshot: Upshot::of(decision, below),
        }
    }

    /// The version of the listing that ads are of, if any are.
    pub(super) const fn listing(&self) -> Option<Hash> {
        self.listing
    }

    /// The record of a sheet whose ads are of `listing`; None when the sheet is of none.
    pub(super) fn record(self, listing: Option<&Listing>) -> Option<Record> {
        let texts: Vec<String> = self.texts.into_iter().map(Cow::into_owned).collect();
        let mut scored = Vec::with_capacity(self.ads.len());
        let mut values = Vec::with_capacity(self.ads.len() * self.read.len());
        let mut told = 0;
        for (place, which) in self.ads.into_iter().enumerate() {
            let (ad, own) = match which {
                Which::Listed(place) => listing?.get(place)?.clone(),
                Which::Told(id) => {
                    let text = |column: &Column<u32>| texts.get(column.value(told)? as usize).cloned();
                    let [advertiser, payer, domain, category] = &self.labels;
                    let label = AdLabel {
                        id: id.into_owned(),
                        advertiser: text(advertiser)?,
                        payer: text(payer)?,
                        domain: text(domain)?,
                        category: text(category)?,
                        sensitive: self.sensitive.value(told)?,
                    };
                    told += 1;
                    (Arc::new(label), Vec::new())
                }
            };
            scored.push(Scored { ad, bid: self.bids.value(place)?, own });
            for column in &self.inputs {
                values.push(column.value(place).filter(|input| input.is_among(&texts))?);
            }
        }
        let fits = self.inputs.len() == self.read.len()
            && self.upshot.ranking_values.len() == scored.len()
            && self.upshot.eligible as usize <= scored.len();
        fits.then_some(Record {
            id: self.id,
            tenant: self.tenant.into_owned(),
            impression: self.impression.into_owned(),
            at: self.at,
            versions: self.versions.into_owned(),
            has_subject: self.has_subject,
            accepted: self.accepted,
            verdicts: self.verdicts.into_owned(),
            features: self.features.into_owned().into(),
            policy: self.policy.into_owned(),
            refused: self.refused,
            late: self.late,
            scored,
            read: self.read,
            values,
            texts,
            upshot: self.upshot,
        })
    }
}

impl<'d> Which<'d> {
    fn of(ad: &'d Arc<AdLabel>, listing: &Listing) -> Self {
        listing.place(ad).map_or(Self::Told(Cow::Borrowed(&ad.id)), Self::Listed)
    }

    const fn is_listed(&self) -> bool {
        matches!(self, Self::Listed(_))
    }
}

fn is_below(refusal: &Refusal) -> bool {
    refusal.cause == RefusalCause::BelowFloor
}

impl Input {
    fn of<'d>(cell: Cell<'d>, texts: &mut Texts<'d>) -> Self {
        match cell {
            Cell::Missing => Self::Missing,
            Cell::Withheld => Self::Withheld,
            Cell::Number(number) => whole(number).map_or(Self::Number(number), Self::Whole),
            Cell::Category(name) => Self::Category(texts.place(name)),
        }
    }

    fn cell(self, texts: &[String]) -> Cell<'_> {
        match self {
            Self::Missing | Self::Own => Cell::Missing,
            Self::Withheld => Cell::Withheld,
            Self::Whole(number) => Cell::Number(number as f64),
            Self::Number(number) => Cell::Number(number),
            Self::Category(place) => {
                texts.get(place as usize).map_or(Cell::Missing, |name| Cell::Category(name))
            }
        }
    }

    const fn is_among(self, texts: &[String]) -> bool {
        match self {
            Self::Category(place) => (place as usize) < texts.len(),
            Self::Missing | Self::Withheld | Self::Own | Self::Whole(_) | Self::Number(_) => true,
        }
    }
}

/// The whole number that comes back as these very bits.
#[allow(clippy::cast_possible_truncation, reason = "what does not come back is told")]
fn whole(number: f64) -> Option<i64> {
    let whole = number as i64;
    ((whole as f64).to_bits() == number.to_bits()).then_some(whole)
}

/// Distinct texts in the order in which they were met.
#[derive(Default)]
struct Texts<'d> {
    met: Vec<Cow<'d, str>>,
    places: HashMap<&'d str, u32, foldhash::fast::RandomState>,
}

impl<'d> Texts<'d> {
    fn place(&mut self, text: &'d str) -> u32 {
        *self.places.entry(text).or_insert_with(|| {
            self.met.push(Cow::Borrowed(text));
            narrow(self.met.len() - 1)
        })
    }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
